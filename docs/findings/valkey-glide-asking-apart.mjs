// @valkey/valkey-glide 2.5.2 (npm): reads at once that are sent on with ASK fail, because ASKING and the read that it is for are not sent together.
// In an empty folder: npm install @valkey/valkey-glide@2.5.2 && node PATH/valkey-glide-asking-apart.mjs
// Two nodes of a cluster here: the first sends every GET on to the second with ASK; the second answers a GET right after ASKING on the same
// connection, and any other with MOVED, as a node that imports a slot does. Exits 1 when a read fails.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';

const library = createRequire(join(process.cwd(), 'here.js'));
const { GlideClusterClient, Logger, ProtocolVersion } = library('@valkey/valkey-glide');
const { version } = JSON.parse(readFileSync('node_modules/@valkey/valkey-glide/package.json'));
const print = (line) => process.stdout.write(`${line}\n`);
/** `answers` are by verb, and are told the words before on that connection. Commands arrive whole on loopback. */
async function startNode(answers) {
  const server = createServer((socket) => {
    let before = '';
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      for (const command of data.toString('latin1').split(/(?=\*\d+\r\n\$)/)) {
        const [, , verb = '', , noun = ''] = command.toLowerCase().split('\r\n');
        const answer = answers[verb] ?? answers[`${verb} ${noun}`] ?? (() => '+OK\r\n');
        socket.write(answer({ before, noun }));
        before = verb;
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: server.address().port };
}

const told = [];
const getOnSecond = ({ before, noun }) => {
  told.push(before === 'asking' ? 'ASKING GET' : 'GET');
  if (before === 'asking') return `$${noun.length}\r\n${noun}\r\n`;
  return `-MOVED 8198 127.0.0.1:${first.port}\r\n`;
};
const second = await startNode({ get: getOnSecond });
const slots = () => `*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:${first.port}\r\n`;
const getOnFirst = () => `-ASK 8198 127.0.0.1:${second.port}\r\n`;
const first = await startNode({ get: getOnFirst, 'cluster slots': slots });
Logger.init('off');
const client = await GlideClusterClient.createClient({
  addresses: [{ host: '127.0.0.1', port: first.port }],
  protocol: ProtocolVersion.RESP2,
  requestTimeout: 2_000,
});
const keys = Array.from({ length: 10 }, (_, index) => `{camera}:${index}`);
const outcomes = await Promise.allSettled(keys.map((key) => client.get(key)));
for (const [index, { value, reason }] of outcomes.entries())
  print(`asked for ${keys[index]}, got ${value ?? reason.message}`);
const apart = told.filter((each) => each === 'GET').length;
print(`of ${told.length} GETs that came to the second node, ${apart} did not follow an ASKING`);
print(`valkey-glide ${version}, Node ${process.version}`);
const isReproduced = outcomes.some(({ status }) => status === 'rejected');
print(isReproduced ? 'reproduced' : 'not reproduced');
client.close();
for (const { server } of [first, second]) server.close();
process.exitCode = isReproduced ? 1 : 0;
