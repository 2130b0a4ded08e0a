// memcache 1.10.0 (npm): what came of a reply before its connection ended is kept, and is given to the first read on the next connection.
// In an empty folder: npm install memcache@1.10.0 && node PATH/memcache-rest-of-a-cut-reply.mjs
// The server here speaks memcached's text protocol, and ends the connection once, in its reply for anna. Exits 1 when bert gets what is anna's.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';

const library = createRequire(join(process.cwd(), 'here.js'));
const { Memcache } = library('memcache');
const print = (line) => process.stdout.write(`${line}\n`);
const rounds = 100;
const pictureOf = (key) => `the picture of ${key}`;
const replyTo = (key) => `VALUE ${key} 0 ${pictureOf(key).length}\r\n${pictureOf(key)}\r\nEND\r\n`;
const whole = replyTo('anna').length;

/** Gives what was got for anna, whose reply was cut to so many bytes, and then for bert. */
async function ask(bytes) {
  let isToCut = true;
  const server = createServer((socket) => {
    socket.on('data', (data) => {
      const [, key] = data.toString().trim().split(' ');
      if (isToCut) socket.end(replyTo(key).slice(0, bytes));
      else socket.write(replyTo(key));
      isToCut = false;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new Memcache({ nodes: [`127.0.0.1:${server.address().port}`] });
  const closed = new Promise((resolve) => client.on('close', resolve));
  const anna = await client.get('anna');
  await closed;
  const bert = await client.get('bert');
  await client.disconnect();
  server.close();
  return { anna, bert };
}

let crossedInAll = 0;
for (const [says, bytes] of [
  ['between the value and END', whole - 'END\r\n'.length],
  ['inside the value', whole - 'na\r\nEND\r\n'.length],
  ['after the whole reply', whole],
]) {
  let crossed = 0;
  for (let round = 0; round < rounds; round += 1) {
    const { anna, bert } = await ask(bytes);
    if (round === 0) print(`the connection ended ${says}: anna got ${anna}, bert got ${bert}`);
    if (bert?.startsWith('the picture of an')) crossed += 1;
  }
  print(`  bert got what is anna's in ${crossed} of ${rounds} rounds`);
  crossedInAll += crossed;
}
print(`memcache ${library('memcache/package.json').version}, Node ${process.version}`);
print(crossedInAll > 0 ? 'reproduced' : 'not reproduced');
process.exitCode = crossedInAll > 0 ? 1 : 0;
