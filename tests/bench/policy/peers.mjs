// peers.mjs: the decision of policy_bench on what people use from npm, to compare in one run: casbin (RBAC with an ABAC
// matcher) and Cedar (WebAssembly, policies parsed once where its interface allows). CPU time of the process, median of five.
const cpu = start => { const used = process.cpuUsage(start); return (used.user + used.system) * 1000; };
const shown = (name, times) => {
  times.sort((a, b) => a - b);
  console.log(name.padEnd(46), times[2].toFixed(1).padStart(10), `ns  (min ${times[0].toFixed(1)}, max ${times[4].toFixed(1)}, 5 runs)`);
};
async function measure(name, rounds, work) {
  for (let i = 0; i < rounds / 5; ++i) await work();
  const times = [];
  for (let run = 0; run < 5; ++run) {
    const start = process.cpuUsage();
    for (let i = 0; i < rounds; ++i) await work();
    times.push(cpu(start) / rounds);
  }
  shown(name, times);
}
async function peer(name, run) {
  try { await run(); } catch (error) { console.log(`${name}: peer not usable here: ${String(error.message ?? error).split('\n')[0]}`); }
}
const record = {kind: 'sick', state: 'open', created_by: 'ada'};

await peer('casbin', async () => {
  const {newEnforcer, newModel, StringAdapter} = await import('casbin');
  const model = newModel(`
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, act, cond, eft
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = g(r.sub.id, p.sub) && r.act == p.act && eval(p.cond)
`);
  const enforcer = await newEnforcer(model, new StringAdapter(`
p, clerk, read, true, allow
p, clerk, delete, r.obj.created_by == r.sub.id, allow
p, clerk, delete, r.obj.kind == 'sick', deny
g, ada, clerk
`));
  const ada = {id: 'ada'};
  if (!(await enforcer.enforce(ada, record, 'read'))) throw new Error('read is not allowed');
  if (await enforcer.enforce(ada, record, 'delete')) throw new Error('delete is not denied');
  await measure('casbin, role alone, read', 3000, () => enforcer.enforce(ada, record, 'read'));
  await measure('casbin, own record + deny rule, delete', 3000, () => enforcer.enforce(ada, record, 'delete'));
});

await peer('@cedar-policy/cedar-wasm', async () => {
  const cedar = (await import('@cedar-policy/cedar-wasm/nodejs')).default ?? await import('@cedar-policy/cedar-wasm/nodejs');
  const staticPolicies = `
permit(principal in Role::"clerk", action == Action::"read", resource);
permit(principal in Role::"clerk", action == Action::"delete", resource) when { resource.created_by == principal.id };
forbid(principal, action == Action::"delete", resource) when { resource.kind == "sick" };`;
  const call = action => ({
    principal: {type: 'User', id: 'ada'}, action: {type: 'Action', id: action}, resource: {type: 'Leave', id: 'r1'}, context: {},
    policies: {staticPolicies},
    entities: [{uid: {type: 'User', id: 'ada'}, attrs: {id: 'ada'}, parents: [{type: 'Role', id: 'clerk'}]},
               {uid: {type: 'Role', id: 'clerk'}, attrs: {}, parents: []},
               {uid: {type: 'Leave', id: 'r1'}, attrs: record, parents: []}]});
  const decision = answer => {
    if (answer.type !== 'success') throw new Error(JSON.stringify(answer).slice(0, 200));
    return answer.response.decision;
  };
  let ask = action => cedar.isAuthorized(call(action));
  let how = 'text each time';
  if (cedar.preparsePolicySet && cedar.statefulIsAuthorized) {
    const done = cedar.preparsePolicySet('leave', {staticPolicies});
    if (done.type === 'success') {
      const prepared = action => { const {policies, ...rest} = call(action); return {...rest, preparsedPolicySetId: 'leave'}; };
      ask = action => cedar.statefulIsAuthorized(prepared(action));
      how = 'parsed once';
    }
  }
  if (decision(ask('read')) !== 'allow') throw new Error('read is not allowed');
  if (decision(ask('delete')) !== 'deny') throw new Error('delete is not denied');
  await measure(`cedar-wasm (${how}), role alone, read`, 2000, () => ask('read'));
  await measure(`cedar-wasm (${how}), deny rule, delete`, 2000, () => ask('delete'));
});
