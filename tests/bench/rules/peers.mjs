// peers.mjs LOAN.jsonl cel|rules [OURS]: the numbers of cel_bench or rules_bench, measured on what people use from npm, to
// compare in one run; OURS is what that benchmark printed, and each line then tells how many times ours it is. peers.sh
// installs the peers into a folder that it removes again. CPU time of the process, median of five runs.
import {readFileSync} from 'node:fs';

const [file, which, oursFile] = process.argv.slice(2);
const document = JSON.parse(readFileSync(file, 'utf8').split('\n')[0]);

// "two conditions   41.2 ns  (…" → 41.2 under its name.
const ours = new Map();
for (const line of oursFile ? readFileSync(oursFile, 'utf8').split('\n') : []) {
  const found = /^(.*?) {2,}([0-9.]+) (ns|bytes)/.exec(line);
  if (found) ours.set(found[1], Number(found[2]));
}

function shown(peer, name, value, unit, more) {
  const own = ours.get(name);
  const ratio = own ? `= ${(value / own).toPrecision(3)} x ours` : '';
  console.log(`${peer}, ${name}`.padEnd(56), value.toFixed(1).padStart(12), unit, more, ratio);
}
function shownTimes(peer, name, times) {
  times.sort((a, b) => a - b);
  shown(peer, name, times[2], 'ns', `(min ${times[0].toFixed(1)}, max ${times[4].toFixed(1)}, 5 runs)`);
}
const cpu = start => {
  const used = process.cpuUsage(start);
  return (used.user + used.system) * 1000;
};
function measure(peer, name, rounds, work) {
  for (let i = 0; i < rounds / 5; ++i) work(i);
  const times = [];
  for (let run = 0; run < 5; ++run) {
    const start = process.cpuUsage();
    for (let i = 0; i < rounds; ++i) work(i);
    times.push(cpu(start) / rounds);
  }
  shownTimes(peer, name, times);
}
// What one of `count` things made alike keeps of the heap. node runs with --expose-gc.
function weigh(peer, name, count, make) {
  const kept = [make(-1)];
  gc();
  const before = process.memoryUsage();
  for (let i = 0; i < count; ++i) kept.push(make(i));
  gc();
  const after = process.memoryUsage();
  shown(peer, name, (after.heapUsed + after.external - before.heapUsed - before.external) / count, 'bytes', `(heap, ${kept.length - 1} of them)`);
}
async function peer(name, run) {
  try {
    await run(name);
  } catch (error) {
    console.log(`${name}: peer not usable here: ${String(error.message ?? error).split('\n')[0]}`);
  }
}

// 42 fields, two of which are asked for; they stand in the middle, as in cel_bench.
const customer = {};
for (let i = 0; i < 40; ++i) {
  if (i === 20) Object.assign(customer, {x: 137, y: 'vip'});
  customer[`field${i}`] = `value ${i}`;
}
const vip = "a.x > 100 && a.y == 'vip'";

const cases = [['two conditions', "a.termMonths > 30.0 && a.channel != 'vip'"], ['all() over 3 items', 'a.guarantors.all(g, g.consent)'],
               ['string functions', "a.email.startsWith('9b') && a.email.endsWith('.net')"],
               ['regular expression', "a.email.matches('^[a-z0-9.]+@example[.]net$')"]];

// `compile` gives a function of {a: document}.
function expressions(name, rounds, compile) {
  for (const [what, text] of cases) {
    const run = compile(text);
    if (run({a: document}) !== true) throw new Error(`${what} is not true`);
    measure(name, what, rounds, () => run({a: document}));
  }
  const run = compile(vip.replace('100', '100.0'));  // a number of JSON is a double to the peers
  if (run({a: customer}) !== true) throw new Error(`${vip} is not true`);
  measure(name, vip, rounds, () => run({a: customer}));
  // Another text each time: some keep what they have parsed.
  let texts = 0;
  measure(name, 'compiling two conditions', 3000, () => compile(`a.termMonths > ${++texts}.0 && a.channel == 'vip'`));
  weigh(name, 'memory of two conditions', 2000, i => compile(`a.termMonths > ${i}.0 && a.channel == 'vip'`));
}

async function cel() {
  await peer('@marcbachmann/cel-js', async name => {
    const {parse} = await import('@marcbachmann/cel-js');
    expressions(name, 200000, text => parse(text));
  });
  await peer('@bufbuild/cel', async name => {
    const {parse, plan, celEnv} = await import('@bufbuild/cel');
    expressions(name, 100000, text => plan(celEnv(), parse(text)));
  });
  await peer('json-logic-js', async name => {
    const logic = (await import('json-logic-js')).default;
    const rule = {and: [{'>': [{var: 'a.termMonths'}, 30]}, {'!=': [{var: 'a.channel'}, 'vip']}]};
    if (logic.apply(rule, {a: document}) !== true) throw new Error('two conditions is not true');
    measure(name, 'two conditions', 200000, () => logic.apply(rule, {a: document}));
    const asked = {and: [{'>': [{var: 'a.x'}, 100]}, {'==': [{var: 'a.y'}, 'vip']}]};
    if (logic.apply(asked, {a: customer}) !== true) throw new Error(`${vip} is not true`);
    measure(name, vip, 200000, () => logic.apply(asked, {a: customer}));
    const all = {all: [{var: 'a.guarantors'}, {var: 'consent'}]};
    measure(name, 'all() over 3 items', 200000, () => logic.apply(all, {a: document}));
    weigh(name, 'memory of two conditions', 2000, i => JSON.parse(JSON.stringify(rule).replace('30', String(i))));
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
  await peer('@gorules/zen-engine', async name => {
    const {ZenEngine} = await import('@gorules/zen-engine');
    const input = {income: 5200, age: 41, region: 'r0', kind: 'standard'};
    for (let i = 0; i < 38; ++i) input[`field${i}`] = `value ${i}`;
    for (const rows of [10, 100, 10000]) {
      const text = Buffer.from(JSON.stringify(graph(rows)));
      const engine = new ZenEngine();
      const decision = engine.createDecision(text);
      const first = await decision.evaluate(input);
      if (!first.result.grade) throw new Error('no row is hit');
      const rounds = rows > 1000 ? 20 : 2000;
      const times = [];
      for (let run = 0; run < 5; ++run) {
        const start = process.cpuUsage();
        for (let i = 0; i < rounds; ++i) await decision.evaluate(input);
        times.push(cpu(start) / rounds);
      }
      shownTimes(name, `table of ${rows} rows`, times);
      measure(name, `compiling a table of ${rows} rows`, rows > 1000 ? 5 : 100, () => engine.createDecision(text));
    }
  });
}

await (which === 'rules' ? rules() : cel());
