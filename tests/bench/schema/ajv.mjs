// ajv.mjs LOAN_DIR [SCHEMA_BENCH_DIR]: the numbers of schema_bench, measured on ajv, to compare in one run.
// Run in a folder outside the source tree: npm i ajv ajv-formats && cp …/ajv.mjs . && node ajv.mjs LOAN_DIR
import {readFileSync, readdirSync, existsSync} from 'node:fs';
import {join} from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const lines = path => readFileSync(path, 'utf8').split('\n').filter(line => line);

function measure(name, count, work) {
  const timed = rounds => {
    const start = process.cpuUsage();
    for (let i = 0; i < rounds; ++i) work();
    const used = process.cpuUsage(start);  // of the process: its collector's threads count too
    return (used.user + used.system) * 1000;
  };
  timed(2);
  const warm = Math.max(1, Math.floor(300e6 / Math.max(timed(2) / 2, 1)));
  timed(warm);
  const rounds = Math.max(1, Math.floor(100e6 / (timed(3) / 3)));
  const runs = [1, 2, 3, 4, 5].map(() => timed(rounds) / (rounds * count)).sort((a, b) => a - b);
  console.log(`ajv ${name}`.padEnd(58), runs[2].toFixed(1).padStart(10), 'ns ', `±${((runs[4] - runs[0]) / runs[2] * 100).toFixed(0)} %`);
}

function make(schema, formats) {
  const ajv = new Ajv2020({strict: false, validateFormats: formats, logger: false});
  if (formats) addFormats(ajv);
  return ajv.compile({...schema, $schema: 'https://json-schema.org/draft/2020-12/schema'});
}

function bench(name, folder, formats) {
  const validate = make(JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8')), formats);
  const texts = lines(join(folder, 'valid.jsonl'));
  const parsed = texts.map(text => JSON.parse(text));
  if (!parsed.every(value => validate(value))) console.log('WRONG', name);
  measure(`${name}, valid, parsed`, parsed.length, () => parsed.forEach(value => validate(value)));
  measure(`${name}, valid, with parsing`, texts.length, () => texts.forEach(text => validate(JSON.parse(text))));
  return validate;
}

const [loan, real] = process.argv.slice(2);
const validate = bench('loan', loan, true);
const invalid = lines(join(loan, 'invalid.jsonl')).map(text => JSON.parse(text).body);
const bodies = invalid.map(value => JSON.stringify(value));
measure('loan, invalid, parsed, first fault', invalid.length, () => invalid.forEach(value => validate(value)));
measure('loan, invalid, with parsing, first fault', bodies.length, () => bodies.forEach(text => validate(JSON.parse(text))));
for (const name of real ? readdirSync(real).sort() : [])
  if (existsSync(join(real, name, 'schema.json'))) bench(name, join(real, name), false);
