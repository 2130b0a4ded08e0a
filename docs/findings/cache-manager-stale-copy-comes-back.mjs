// node cache-manager-stale-copy-comes-back.mjs
// Needs cache-manager 7.2.9, keyv 5.6.0, @keyv/redis 5.1.6 and cacheable 2.5.0 beside it (npm install cache-manager@7.2.9 keyv@5.6.0 @keyv/redis@5.1.6 cacheable@2.5.0),
// and redis-server on PATH. Exits 1 when it reproduces.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import KeyvRedis, { createClient } from '@keyv/redis';
import { createCache } from 'cache-manager';
import { CacheableMemory } from 'cacheable';
import { Keyv } from 'keyv';

const print = (line) => process.stdout.write(`${line}\n`);
const port = 20_000 + (process.pid % 20_000);
const server = spawn('redis-server', ['--port', String(port), '--save', ''], { stdio: 'ignore' });
const url = `redis://127.0.0.1:${port}`;
const operator = createClient({ url });
operator.on('error', () => {});
await operator.connect();

/** A process of an application, with the two stores of "Quick start" in the README: its own memory, and the Redis that all of them share. */
const memory = () => new Keyv({ store: new CacheableMemory({ ttl: 60_000, lruSize: 5_000 }) });
const redis = () => new Keyv({ store: new KeyvRedis(url) });
const open = () => createCache({ stores: [memory(), redis()] });
const writer = open();
const reader = open();

const drop = (key) => reader.del(key);
const set = (key) => reader.set(key, 'bert', 600_000);
const changes = { deleted: drop, 'set to bert': set };
const rounds = 20;
let wrongInAll = 0;
for (const [how, change] of Object.entries(changes)) {
  const says = `${how} while wrap was reading`;
  let wrong = 0;
  for (let round = 0; round < rounds; round += 1) {
    const key = `owner:${says}:${round}`;
    await writer.set(key, 'anna', 600_000);
    await reader.get('the connection is there');
    // The server answers late, and in the order in which it was asked, as a busy one does.
    await operator.sendCommand(['CLIENT', 'PAUSE', '40', 'ALL']);
    const reading = reader.wrap(key, async () => 'bert', 600_000);
    await delay(10);
    // This process is told of the change, and waits until that is done.
    await change(key);
    await reading;
    const now = await reader.get(key);
    if (now === 'anna') wrong += 1;
    if (round === 0)
      print(
        `${says}: afterwards ${now}, while Redis has ${await operator.get(`keyv::keyv:${key}`)}`,
      );
  }
  print(`${says}, and anna all the same: ${wrong} of ${rounds}`);
  wrongInAll += wrong;
}
for (const each of [writer, reader]) await each.disconnect();
operator.destroy();
server.kill();
await once(server, 'exit');
process.exitCode = wrongInAll > 0 ? 1 : 0;
