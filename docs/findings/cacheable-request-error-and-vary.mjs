// cacheable-request 13.0.19 (npm), and got 16.1.0 with it: when the origin answers 500, 502, 503 or 504, the stored answer to somebody else is given.
// In an empty folder: npm install cacheable-request@13.0.19 got@16.1.0 && node PATH/cacheable-request-error-and-vary.mjs
// The server here is Node's own; its answers vary by Authorization, and it fails when it is told to. Exits 1 when bert gets what is anna's.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const modules = join(process.cwd(), 'node_modules');
const library = async (file) => import(pathToFileURL(join(modules, file)).href);
const { default: CacheableRequest } = await library('cacheable-request/dist/index.js');
const { default: got } = await library('got/dist/source/index.js');
const print = (line) => process.stdout.write(`${line}\n`);
// The library adds a listener to its store with every request, of which it would warn a thousand times.
globalThis.console.warn = () => undefined;

let status = 200;
const server = createServer(({ headers }, response) => {
  const said = { 'cache-control': 'public, max-age=60', vary: 'Authorization' };
  response.writeHead(status, status === 200 ? said : {});
  response.end(status === 200 ? `the page of ${headers.authorization}` : 'out of order');
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();

const cached = new CacheableRequest(request).request();
const client = got.extend({ cache: new Map(), throwHttpErrors: false, retry: { limit: 0 } });
const clients = {
  'cacheable-request': async (path, headers) => {
    const asked = cached({ protocol: 'http:', host: '127.0.0.1', port, path, headers });
    asked.on('request', (outgoing) => outgoing.end());
    const [response] = await once(asked, 'response');
    return `${response.statusCode} ${(await response.toArray()).join('')}`;
  },
  got: async (path, headers) => {
    const { statusCode, body } = await client(`http://127.0.0.1:${port}${path}`, { headers });
    return `${statusCode} ${body}`;
  },
};
for (const [name, ask] of Object.entries(clients)) {
  for (const next of [500, 502, 503, 504, 404, 200]) {
    let wrong = 0;
    let answer = '';
    for (let round = 0; round < 100; round += 1) {
      status = 200;
      await ask(`/${next}/${round}`, { authorization: 'anna' });
      await new Promise((resolve) => setTimeout(resolve, 2));
      status = next;
      answer = await ask(`/${next}/${round}`, { authorization: 'bert' });
      if (answer.includes('anna')) wrong += 1;
    }
    print(`${name}: the server says ${next}, bert gets "${answer}"; anna's in ${wrong} of 100`);
    if (wrong > 0) process.exitCode = 1;
  }
}
server.close().closeAllConnections();
