// node bentocache-deleted-value-comes-back.mjs
// Needs bentocache 1.6.1 and ioredis 5 beside it (npm install bentocache@1.6.1 ioredis@5), and redis-server on PATH. Exits 1 when it reproduces.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisDriver } from 'bentocache/drivers/redis';
import { Redis } from 'ioredis';

const port = 16_999;
const server = spawn('redis-server', ['--port', String(port), '--save', ''], { stdio: 'ignore' });
const operator = new Redis({ host: '127.0.0.1', port });
operator.on('error', () => {});
await operator.ping();

function twoLevels() {
  const connection = new Redis({ host: '127.0.0.1', port });
  const store = bentostore()
    .useL1Layer(memoryDriver({ maxItems: 1_000 }))
    .useL2Layer(redisDriver({ connection }));
  return { cache: new BentoCache({ default: 'both', stores: { both: store } }), connection };
}

const rounds = 20;
const wrong = { getOrSet: 0, get: 0, set: 0 };
const writer = twoLevels();
const reader = twoLevels();
for (let round = 0; round < rounds; round += 1) {
  for (const how of Object.keys(wrong)) {
    const key = `owner:${how}:${round}`;
    await writer.cache.set({ key, value: 'anna', ttl: '10m' });
    await reader.connection.ping();
    // The server answers late, and in the order in which it was asked, as a busy one does.
    await operator.call('CLIENT', 'PAUSE', '40', 'ALL');
    const read =
      how === 'getOrSet'
        ? reader.cache.getOrSet({ key, factory: () => 'bert', ttl: '10m' })
        : reader.cache.get({ key });
    await delay(10);
    // The owner changes, and this process is told to forget (or to keep) it, and waits until that is done.
    if (how === 'set') await reader.cache.set({ key, value: 'bert', ttl: '10m' });
    else await reader.cache.delete({ key });
    await read;
    const now = await reader.cache.get({ key });
    if (now === 'anna') wrong[how] += 1;
  }
}
for (const [how, count] of Object.entries(wrong)) {
  const change = how === 'set' ? 'set to bert' : 'deleted';
  process.stdout.write(
    `${change} while ${how === 'getOrSet' ? how : 'get'} was reading, and anna all the same: ${count} of ${rounds}\n`,
  );
}
for (const { connection } of [writer, reader]) connection.disconnect();
operator.disconnect();
server.kill();
await once(server, 'exit');
process.exitCode = wrong.getOrSet + wrong.get + wrong.set > 0 ? 1 : 0;
