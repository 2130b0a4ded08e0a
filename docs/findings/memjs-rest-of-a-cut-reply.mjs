// memjs 1.3.2 (npm): what came of a reply before its connection ended is kept, and the replies on the next connection are appended to it.
// In an empty folder: npm install memjs@1.3.2 && node PATH/memjs-rest-of-a-cut-reply.mjs
// The server here speaks memcached's binary protocol, and ends the connection once, in its reply for anna. Exits 1 when anna gets what is bert's.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';

const library = createRequire(join(process.cwd(), 'here.js'));
const { Client } = library('memjs');
const print = (line) => process.stdout.write(`${line}\n`);
const wait = async (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref());
const pictureOf = (key) => `[the picture of ${key}]`.repeat(4);

/** A header of 24 bytes with the request's opaque, 4 bytes of flags and the value. */
function replyTo(request) {
  const value = Buffer.from(pictureOf(request.toString('latin1', 24)));
  const head = Buffer.alloc(28);
  head.writeUInt32BE(0x81_00_00_00, 0);
  head.writeUInt8(4, 4);
  head.writeUInt32BE(4 + value.length, 8);
  request.copy(head, 12, 12, 16);
  return Buffer.concat([head, value]);
}

let isToCut = false;
const sockets = [];
const server = createServer((socket) => {
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    for (let at = 0; at < data.length; ) {
      const end = at + 24 + data.readUInt32BE(at + 8);
      if (isToCut) socket.end(replyTo(data.subarray(at, end)).subarray(0, 50));
      else socket.write(replyTo(data.subarray(at, end)));
      isToCut = false;
      at = end;
    }
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const client = Client.create(`127.0.0.1:${server.address().port}`, { logger: { log: () => {} } });
const ask = async (key) => {
  const got = client.get(key).then(({ value }) => String(value), String);
  return Promise.race([got, wait(5_000).then(() => 'no answer within 5 s')]);
};
print(`asked for bert, got ${JSON.stringify(await ask('bert'))}`);
isToCut = true;
const anna = ask('anna');
await wait(100);
const keys = ['bert', 'cora', 'dora', 'bert', 'cora', 'dora'];
for (const key of keys) print(`asked for ${key}, got ${JSON.stringify(await ask(key))}`);
const isBlended = (await anna).includes('bert');
print(`asked for anna before these, got ${JSON.stringify(await anna)}`);
print(`memjs ${library('memjs/package.json').version}, Node ${process.version}`);
print(isBlended ? 'reproduced' : 'not reproduced');
server.close();
for (const socket of sockets) socket.destroy();
process.exitCode = isBlended ? 1 : 0;
