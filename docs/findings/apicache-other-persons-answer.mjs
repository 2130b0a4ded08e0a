// apicache 1.6.3 (npm): an answer that says private, no-store or Vary is given to whoever asks next.
// In an empty folder: npm install apicache@1.6.3 && node PATH/apicache-other-persons-answer.mjs
// The server here is Node's own, with the middleware before its one route, as in the README. Exits 1 when bert gets what is anna's.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const library = createRequire(join(process.cwd(), 'here.js'));
const apicache = library('apicache');
const print = (line) => process.stdout.write(`${line}\n`);

const said = {
  '/silent': {},
  '/private': { 'cache-control': 'private, max-age=60' },
  '/no-store': { 'cache-control': 'no-store' },
  '/vary': { vary: 'Authorization' },
  '/cookie': { 'set-cookie': 'session=the-session-of-anna' },
};
const choices = [
  {},
  { respectCacheControl: true },
  { appendKey: ({ method, headers }) => method + headers.authorization },
];
for (const options of choices) {
  const cache = apicache.newInstance(options).middleware('5 seconds');
  const server = createServer((request, response) => {
    cache(request, response, () => {
      for (const [name, value] of Object.entries(said[request.url]))
        response.setHeader(name, value);
      response.end(`the page of ${request.headers.authorization}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  print(`options: ${Object.keys(options).join() || 'the defaults'}`);
  const base = `http://127.0.0.1:${server.address().port}`;
  for (const path of Object.keys(said)) {
    await (await fetch(base + path, { headers: { authorization: 'anna' } })).text();
    const answer = await fetch(base + path, { headers: { authorization: 'bert' } });
    const page = await answer.text();
    const cookie = answer.headers.get('set-cookie');
    print(`  ${path}: bert asks after anna, and gets "${page}"${cookie ? `, ${cookie}` : ''}`);
    if (page !== 'the page of bert') process.exitCode = 1;
  }
  server.close().closeAllConnections();
}
