// axios-cache-interceptor 1.12.3 with axios 1.21.1 (npm): two ways in which the answer to one person is given to another.
// In an empty folder: npm install axios-cache-interceptor@1.12.3 axios@1.21.1 && node PATH/axios-cache-interceptor-other-persons-answer.mjs
// The server here is Node's own; all options are the defaults. Exits 1 when somebody gets what is somebody else's.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const library = createRequire(join(process.cwd(), 'here.js'));
const axios = library('axios');
const { setupCache, defaultKeyGenerator } = library('axios-cache-interceptor');
const print = (line) => process.stdout.write(`${line}\n`);

const said = {
  '/silent': {},
  '/private': { 'cache-control': 'private, max-age=60' },
  '/vary': { 'cache-control': 'public, max-age=60', vary: 'Authorization' },
};
const server = createServer(({ url, headers }, response) => {
  response.writeHead(200, said[url]);
  response.end(`the page of ${headers.authorization}`);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const base = `http://127.0.0.1:${server.address().port}`;

/** Each of them asks one client in turn; says what the last one gets. */
async function ask(path, people) {
  const client = setupCache(axios.create());
  const last = people.at(-1);
  let page = '';
  for (const authorization of people)
    page = (await client.get(base + path, { headers: { authorization } })).data;
  const isRight = page === `the page of ${last}`;
  print(`${path}: ${last} asks after ${people.slice(0, -1).join(' and ')}, and gets "${page}"`);
  if (isRight) return;
  print('  which is not the own one');
  process.exitCode = 1;
}

// 1. Answers to requests with Authorization that say nothing of caching, and two that do.
for (const path of Object.keys(said)) await ask(path, ['Bearer anna', 'Bearer bert']);

// 2. Two people whose keys are the same number of 32 bits, though Vary names Authorization. Whoever asks first has the key without it.
const people = new Map();
for (let count = 0; count < 400_000; count += 1) {
  const token = `Bearer user-${count}.${createHash('md5').update(String(count)).digest('hex')}`;
  const request = { url: `${base}/vary`, method: 'get' };
  const key = defaultKeyGenerator(request, { vary: { authorization: token } });
  const other = people.get(key);
  people.set(key, token);
  if (other === undefined) continue;
  print(`among ${count + 1} tokens two have one key, ${key}`);
  await ask('/vary', ['Bearer anna', other, token]);
  break;
}
server.close().closeAllConnections();
