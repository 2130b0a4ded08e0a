// axios-cache-interceptor 1.12.3 with axios 1.21.1 (npm): whoever asks while another one's request for the same address is under way gets that one's refusal.
// In an empty folder: npm install axios-cache-interceptor@1.12.3 axios@1.21.1 && node PATH/axios-cache-interceptor-refusal-for-others.mjs
// The server here is Node's own, and refuses everybody but anna; its answers vary by Authorization. Exits 1 when anna gets what is bert's.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const library = createRequire(join(process.cwd(), 'here.js'));
const axios = library('axios');
const { setupCache } = library('axios-cache-interceptor');
const print = (line) => process.stdout.write(`${line}\n`);

let status = 403;
const server = createServer(({ headers: { authorization = 'nobody' } }, response) => {
  const said = { 'cache-control': 'public, max-age=60', vary: 'Authorization' };
  setTimeout(() => {
    const isAnna = authorization === 'anna';
    response.writeHead(isAnna ? 200 : status, said);
    response.end(`${isAnna ? 'the page of' : 'no page for'} ${authorization}`);
  }, 20);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const base = `http://127.0.0.1:${server.address().port}`;

const choices = [{}, { vary: ['authorization'] }];
for (const options of choices) {
  print(`options: ${Object.keys(options).join() || 'the defaults'}`);
  for (status of [401, 403, 500]) {
    let wrong = 0;
    let page = '';
    for (let round = 0; round < 100; round += 1) {
      const client = setupCache(axios.create(), options);
      const ask = async (headers) =>
        client.get(`${base}/${status}/${round}`, { headers }).then(
          (answer) => `${answer.status} ${answer.data}`,
          ({ response }) => `${response.status} ${response.data}`,
        );
      const bert = ask({ authorization: 'bert' });
      page = await ask({ authorization: 'anna' });
      await bert;
      if (page !== '200 the page of anna') wrong += 1;
    }
    print(`  the server says ${status} to bert, anna gets "${page}"; bert's in ${wrong} of 100`);
    if (wrong > 0) process.exitCode = 1;
  }
}
server.close().closeAllConnections();
