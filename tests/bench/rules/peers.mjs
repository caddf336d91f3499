// peers.mjs LOAN.jsonl cel|rules: the numbers of cel_bench or rules_bench, measured on what people use from npm, to compare
// in one run. peers.sh installs them into a folder that it removes again. CPU time of the process, median of five runs.
import {readFileSync} from 'node:fs';

const [file, which] = process.argv.slice(2);
const document = JSON.parse(readFileSync(file, 'utf8').split('\n')[0]);

const shown = (name, times) => {
  times.sort((a, b) => a - b);
  console.log(name.padEnd(46), times[2].toFixed(1).padStart(10), `ns  (min ${times[0].toFixed(1)}, max ${times[4].toFixed(1)}, 5 runs)`);
};
const cpu = start => {
  const used = process.cpuUsage(start);
  return (used.user + used.system) * 1000;
};
function measure(name, rounds, work) {
  for (let i = 0; i < rounds / 5; ++i) work();
  const times = [];
  for (let run = 0; run < 5; ++run) {
    const start = process.cpuUsage();
    for (let i = 0; i < rounds; ++i) work();
    times.push(cpu(start) / rounds);
  }
  shown(name, times);
}
async function peer(name, run) {
  try {
    await run();
  } catch (error) {
    console.log(`${name}: peer not usable here: ${String(error.message ?? error).split('\n')[0]}`);
  }
}

async function cel() {
  const cases = [['two conditions', "a.termMonths > 30.0 && a.channel != 'vip'"], ['all() over 3 items', 'a.guarantors.all(g, g.consent)']];
  await peer('@marcbachmann/cel-js', async () => {
    const {parse} = await import('@marcbachmann/cel-js');
    for (const [name, text] of cases) {
      const run = parse(text);
      if (run({a: document}) !== true) throw new Error(`${name} is not true`);
      measure(`@marcbachmann/cel-js, ${name}`, 300000, () => run({a: document}));
    }
  });
  await peer('@bufbuild/cel', async () => {
    const {parse, plan, celEnv} = await import('@bufbuild/cel');
    for (const [name, text] of cases) {
      const run = plan(celEnv(), parse(text));
      if (run({a: document}) !== true) throw new Error(`${name} is not true`);
      measure(`@bufbuild/cel, ${name}`, 100000, () => run({a: document}));
    }
  });
  await peer('json-logic-js', async () => {
    const logic = (await import('json-logic-js')).default;
    const rule = {and: [{'>': [{var: 'a.termMonths'}, 30]}, {'!=': [{var: 'a.channel'}, 'vip']}]};
    if (logic.apply(rule, {a: document}) !== true) throw new Error('two conditions is not true');
    measure('json-logic-js, two conditions', 300000, () => logic.apply(rule, {a: document}));
    const all = {all: [{var: 'a.guarantors'}, {var: 'consent'}]};
    measure('json-logic-js, all() over 3 items', 300000, () => logic.apply(all, {a: document}));
  });
}

// The tables of rules_bench as a graph: bands of income beside regions.
function graph(rows) {
  const regions = rows >= 100 ? 10 : 2;
  const width = 10000 * regions / rows;
  const rules = [...Array(rows).keys()].map(r => ({
    _id: `r${r}`, i: `[${Math.floor(r / regions) * width}..${(Math.floor(r / regions) + 1) * width})`, j: `'r${r % regions}'`, o: `'g${r}'`, p: `${r}`}));
  rules.push({_id: 'rest', i: '', j: '', o: "'none'", p: '0'});
  return {
    nodes: [{id: 'in', type: 'inputNode', name: 'in', position: {x: 0, y: 0}},
            {id: 't', type: 'decisionTableNode', name: 't', position: {x: 0, y: 0}, content: {hitPolicy: 'first', rules,
              inputs: [{id: 'i', name: 'i', field: 'income'}, {id: 'j', name: 'j', field: 'region'}],
              outputs: [{id: 'o', name: 'o', field: 'grade'}, {id: 'p', name: 'p', field: 'limit'}]}},
            {id: 'out', type: 'outputNode', name: 'out', position: {x: 0, y: 0}}],
    edges: [{id: 'e', type: 'edge', sourceId: 'in', targetId: 't'}, {id: 'f', type: 'edge', sourceId: 't', targetId: 'out'}]};
}

async function rules() {
  await peer('@gorules/zen-engine', async () => {
    const {ZenEngine} = await import('@gorules/zen-engine');
    const input = {income: 5200, age: 41, region: 'r0', kind: 'standard'};
    for (let i = 0; i < 38; ++i) input[`field${i}`] = `value ${i}`;
    for (const rows of [10, 100]) {
      const decision = new ZenEngine().createDecision(Buffer.from(JSON.stringify(graph(rows))));
      const first = await decision.evaluate(input);
      if (!first.result.grade) throw new Error('no row is hit');
      const times = [];
      for (let run = 0; run < 5; ++run) {
        const start = process.cpuUsage();
        for (let i = 0; i < 3000; ++i) await decision.evaluate(input);
        times.push(cpu(start) / 3000);
      }
      shown(`@gorules/zen-engine, table of ${rows} rows`, times);
    }
  });
}

await (which === 'rules' ? rules() : cel());
