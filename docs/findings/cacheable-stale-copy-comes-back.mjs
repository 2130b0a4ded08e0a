// node cacheable-stale-copy-comes-back.mjs
// Needs cacheable 2.5.0 and @keyv/redis 5.1.6 beside it (npm install cacheable@2.5.0 @keyv/redis@5.1.6), and redis-server on PATH. Exits 1 when it reproduces.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, createKeyv } from '@keyv/redis';
import { Cacheable } from 'cacheable';

const print = (line) => process.stdout.write(`${line}\n`);
const port = 20_000 + (process.pid % 20_000);
const server = spawn('redis-server', ['--port', String(port), '--save', ''], { stdio: 'ignore' });
const url = `redis://127.0.0.1:${port}`;
const operator = createClient({ url });
operator.on('error', () => {});
await operator.connect();

/** A process of an application: its own memory before the Redis that all of them share, as "Basic Usage" of the README has it. */
const open = () => new Cacheable({ secondary: createKeyv(url) });
const writer = open();
const reader = open();

const get = (key) => reader.get(key);
const getMany = (key) => reader.getMany([key]);
const getOrSet = (key) => reader.getOrSet(key, async () => 'bert', { ttl: '10m' });
const drop = (key) => reader.delete(key);
const set = (key) => reader.set(key, 'bert', '10m');
const ways = {
  'deleted while get was reading': [get, drop],
  'set to bert while get was reading': [get, set],
  'set to bert while getMany was reading': [getMany, set],
  'deleted while getOrSet was reading': [getOrSet, drop],
};
const rounds = 20;
let wrongInAll = 0;
for (const [says, [read, write]] of Object.entries(ways)) {
  let wrong = 0;
  for (let round = 0; round < rounds; round += 1) {
    const key = `owner:${says}:${round}`;
    await writer.set(key, 'anna', '10m');
    await reader.get('the connection is there');
    // The server answers late, and in the order in which it was asked, as a busy one does.
    await operator.sendCommand(['CLIENT', 'PAUSE', '40', 'ALL']);
    const reading = read(key);
    await delay(10);
    // This process is told of the change, and waits until that is done.
    await write(key);
    await reading;
    const now = await reader.get(key);
    if (now === 'anna') wrong += 1;
    if (round === 0)
      print(`${says}: afterwards ${now}, while Redis has ${await operator.get(key)}`);
  }
  print(`${says}, and anna all the same: ${wrong} of ${rounds}`);
  wrongInAll += wrong;
}
for (const each of [writer, reader]) await each.disconnect();
operator.destroy();
server.kill();
await once(server, 'exit');
process.exitCode = wrongInAll > 0 ? 1 : 0;
