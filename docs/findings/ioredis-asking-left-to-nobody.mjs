// ioredis 6.0.0 (npm), and iovalkey 0.4.0, which was forked from it: a cluster client leaves the promise of its ASKING to nobody, and when
// the connection is closed before the reply to it, Node ends the process for an unhandled rejection.
// In an empty folder: npm install ioredis@6.0.0 (or iovalkey@0.4.0) && node PATH/ioredis-asking-left-to-nobody.mjs
// Two nodes of a cluster here: the first sends every GET on to the second with ASK, which closes its first connection at ASKING. Exits 1
// when a rejection reached nobody.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';

const library = createRequire(join(process.cwd(), 'here.js'));
const name = existsSync('node_modules/ioredis') ? 'ioredis' : 'iovalkey';
const { Cluster } = library(name);
const print = (line) => process.stdout.write(`${line}\n`);

/** What a client of a cluster asks before it is ready, and GET; commands arrive whole on loopback. */
async function startNode(answers) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      for (const command of data.toString('latin1').split(/(?=\*\d+\r\n\$)/)) {
        const [, , verb = '', , noun = ''] = command.toLowerCase().split('\r\n');
        const answer = answers[verb] ?? answers[`${verb} ${noun}`];
        if (answer === undefined) socket.write(`-ERR unknown command '${verb}'\r\n`);
        else answer(socket);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: server.address().port };
}

const saying = (reply) => (socket) => socket.write(reply);
const info = saying('$11\r\nloading:0\r\n\r\n');
let closed = 0;
const second = await startNode({
  info,
  asking: (socket) => ((closed += 1) === 1 ? socket.destroy() : socket.write('+OK\r\n')),
  get: saying('$5\r\nvalue\r\n'),
});
const answers = {
  info,
  'cluster info': saying('$18\r\ncluster_state:ok\r\n\r\n'),
  get: saying(`-ASK 15495 127.0.0.1:${second.port}\r\n`),
};
const first = await startNode(answers);
const owner = `*2\r\n$9\r\n127.0.0.1\r\n:${first.port}\r\n`;
answers['cluster slots'] = saying(`*1\r\n*3\r\n:0\r\n:16383\r\n${owner}`);
const unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(error));
const cluster = new Cluster([{ host: '127.0.0.1', port: first.port }]);
cluster.on('error', () => undefined);
print(`asked for a, got ${await cluster.get('a').catch(String)}`);
for (const { stack } of unhandled) print(`handled by nobody: ${stack}`);
print(`${name} ${library(`${name}/package.json`).version}, Node ${process.version}`);
print(unhandled.length > 0 ? 'reproduced' : 'not reproduced');
cluster.disconnect();
for (const { server } of [first, second]) server.close();
process.exitCode = unhandled.length > 0 ? 1 : 0;
