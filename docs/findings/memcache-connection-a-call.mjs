// memcache 1.10.0 (npm): every call that comes while no connection is open opens one of its own, and all but the last stay open after disconnect().
// In an empty folder: npm install memcache@1.10.0 && node PATH/memcache-connection-a-call.mjs
// The server here speaks memcached's text protocol, holds nothing and counts connections. Exits 1 when there is more than one.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';

const library = createRequire(join(process.cwd(), 'here.js'));
const { Memcache } = library('memcache');
const print = (line) => process.stdout.write(`${line}\n`);
const sockets = [];
const server = createServer((socket) => {
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    socket.write('END\r\n'.repeat(data.toString().split('\r\n').length - 1));
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const client = new Memcache({ nodes: [`127.0.0.1:${server.address().port}`] });
client.on('error', () => undefined);
const getAll = async () =>
  Promise.all(Array.from({ length: 500 }, async (_, index) => client.get(`key:${index}`)));
await getAll();
const atFirst = sockets.length;
print(`500 gets at once on a new client opened ${atFirst} connections`);
for (const socket of sockets) socket.destroy();
await new Promise((resolve) => setTimeout(resolve, 500));
await getAll();
print(`500 gets at once after the server ended them opened ${sockets.length - atFirst}`);
await client.disconnect();
await new Promise((resolve) => setTimeout(resolve, 500));
const left = sockets.filter(({ destroyed }) => !destroyed).length;
print(`half a second after disconnect(), ${left} of them are open`);
print(`memcache ${library('memcache/package.json').version}, Node ${process.version}`);
print(atFirst > 1 ? 'reproduced' : 'not reproduced');
server.close();
for (const socket of sockets) socket.destroy();
process.exitCode = atFirst > 1 ? 1 : 0;
