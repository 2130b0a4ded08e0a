// @keyv/redis 5.1.6 with @redis/client 5.12.1, the newest that it takes: after a reset connection, callers are given the values of other keys.
// In an empty folder: npm install @keyv/redis@5.1.6 @redis/client@5.12.1 && node PATH/keyv-redis-reply-of-another-key.mjs
// The server below answers GET with what is under the key and everything else with OK, in order; it resets the connection once. Exits 1 when it reproduces.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const library = createRequire(join(process.cwd(), 'here.js'));
const print = (line) => process.stdout.write(`${line}\n`);
const bulk = (text) => `$${text.length}\r\n${text}\r\n`;

let connection;
const server = createServer((socket) => {
  connection = socket;
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    const lines = data.toString().split('\r\n');
    for (let at = 0; lines[at]?.startsWith('*'); at += 1 + 2 * Number(lines[at].slice(1))) {
      const stored = JSON.stringify({ value: `the picture of ${lines[at + 4]}` });
      socket.write(lines[at + 2] === 'GET' ? bulk(stored) : '+OK\r\n');
    }
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const { createKeyv } = library('@keyv/redis');
const keyv = createKeyv(`redis://127.0.0.1:${server.address().port}`, { throwOnErrors: true });
keyv.on('error', () => undefined);
await keyv.get('warm');

let crossed = 0;
const ask = async (name) => {
  const got = await Promise.race([keyv.get(name).catch(String), delay(3_000, 'no answer in 3 s')]);
  if (got.startsWith('the picture of') && !got.endsWith(name)) crossed += 1;
  print(`asked for ${name}, got ${JSON.stringify(got)}`);
};
const asked = [];
const reset = async () => {
  // 1. The connection is reset, and two reads are asked for before the client has heard of it.
  connection.resetAndDestroy();
  asked.push(ask('anna'), ask('bert'));
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  // 2. Two more, when it has heard of it and is not connected again.
  setImmediate(() => asked.push(ask('cora'), ask('dora')));
};
setTimeout(() => asked.push(reset()), 50);
await delay(500);
// 3. Long afterwards, with the new connection.
for (const name of ['emma', 'fred', 'gina', 'hugo', 'ida', 'jane']) {
  asked.push(ask(name));
  await delay(50);
}
await Promise.all(asked);
print(`@redis/client ${library('@redis/client/package.json').version}, Node ${process.version}`);
print(`${crossed} were given the picture of somebody else`);
await keyv.store.disconnect(true);
server.close();
process.exitCode = crossed > 0 ? 1 : 0;
