// peer.mjs: the usual hand-written server for the same form: fastify, ajv, better-sqlite3 (WAL, synchronous=FULL).
//   node peer.mjs SCHEMA.json DATABASE single|batched     prints its port, serves until its stdin ends
// `batched`: inserts of one turn of the loop share a transaction, so that one fsync serves them all.
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import Database from 'better-sqlite3';
import Fastify from 'fastify';

const [schemaFile, file, mode] = process.argv.slice(2);
const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')));
const db = new Database(file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(`CREATE TABLE loan (id TEXT PRIMARY KEY, number TEXT UNIQUE, channel TEXT, applied TEXT, at TEXT, doc TEXT);
         CREATE INDEX loan_channel ON loan (channel, id); CREATE INDEX loan_applied ON loan (applied)`);
const insert = db.prepare('INSERT INTO loan VALUES (?, ?, ?, ?, ?, ?)');
const write = db.transaction((rows) => { for (const row of rows) insert.run(...row.values); });

let waiting = [];
function flush() {
  const rows = waiting;
  waiting = [];
  try {
    write(rows);
    for (const row of rows) row.resolve();
  } catch (error) {
    for (const row of rows) row.reject(error);
  }
}
function keep(values) {
  return new Promise((resolve, reject) => {
    if (mode === 'single') {
      try { write([{ values }]); resolve(); } catch (error) { reject(error); }
      return;
    }
    if (waiting.push({ values, resolve, reject }) === 1) setImmediate(flush);
  });
}

const app = Fastify({ logger: false });
app.setValidatorCompiler(() => () => true);
app.post('/v1/forms/loan/records', async (request, reply) => {
  const doc = request.body;
  if (!validate(doc)) return reply.code(422).send({ errors: validate.errors });
  const id = randomUUID();
  const at = new Date().toISOString();
  await keep([id, doc.applicationNo, doc.channel, doc.applicationDate, at, JSON.stringify(doc)]);
  return reply.code(201).header('location', '/v1/forms/loan/records/' + id).send({ id, version: 1, created_at: at, doc });
});
// Stored texts are sent as they are: nothing is parsed to be written again.
const one = db.prepare('SELECT doc FROM loan WHERE id = ?');
const some = db.prepare('SELECT id, doc FROM loan WHERE channel = ? ORDER BY id LIMIT 50');
const item = (id, doc) => `{"id":"${id}","version":1,"doc":${doc}}`;
app.get('/v1/forms/loan/records/:id', async (request, reply) => {
  const row = one.get(request.params.id);
  if (!row) return reply.code(404).send({ error: 'not found' });
  return reply.type('application/json').send(item(request.params.id, row.doc));
});
app.get('/v1/forms/loan/records', async (request, reply) => {
  const rows = some.all(request.query.channel);
  return reply.type('application/json').send(`{"items":[${rows.map((row) => item(row.id, row.doc)).join(',')}]}`);
});
await app.listen({ host: '127.0.0.1', port: 0 });
console.log(app.server.address().port);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
