// memcached 2.2.2 (npm) and a real memcached, nothing in between: a set that the server refuses at its first line is answered twice, and the
// second answer is taken for the next call's. In an empty folder: npm install memcached@2.2.2 && node PATH/memcached-set-answered-twice.mjs
// Exits 1 when a value goes to the wrong caller.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const library = createRequire(join(process.cwd(), 'here.js'));
const Memcached = library('memcached');
const print = (line) => process.stdout.write(`${line}\n`);
const port = 20_000 + (process.pid % 20_000);
const user = process.getuid?.() === 0 ? ['-u', 'root'] : [];
const server = spawn('memcached', ['-l', '127.0.0.1', '-p', String(port), ...user]);
await new Promise((resolve) => setTimeout(resolve, 1_000));

const people = ['anna', 'bert', 'cora', 'dora', 'emil'];
const rounds = 100;
const sets = [
  { says: 'a lifetime of 1.5 seconds', key: 'k', lifetime: 1.5 },
  { says: 'a lifetime of 2 seconds', key: 'k', lifetime: 2 },
  { says: 'a key of 200 characters, 400 bytes', key: 'ü'.repeat(200), lifetime: 60 },
  { says: 'a key of 200 characters, 200 bytes', key: 'u'.repeat(200), lifetime: 60 },
  { says: "the key a$'", key: "a$'", lifetime: 60 },
];
let crossedInAll = 0;
for (const { says, key, lifetime } of sets) {
  const client = new Memcached(`127.0.0.1:${port}`);
  const call = async (method, ...words) =>
    new Promise((resolve) => {
      client[method](...words, (error, value) => resolve(error ? String(error) : value));
    });
  for (const each of people) await call('set', each, `the picture of ${each}`, 600);
  let crossed = 0;
  for (let round = 0; round < rounds; round += 1) {
    const set = call('set', key, 'any value', lifetime);
    const got = await Promise.all(people.map(async (each) => call('get', each)));
    if (round === 0) {
      print(`set with ${says}, answered ${await set}`);
      for (const [index, each] of people.entries()) print(`  asked for ${each}, got ${got[index]}`);
    }
    const isForeign = (value, index) =>
      String(value).startsWith('the picture of ') && !value.endsWith(people[index]);
    if (got.some(isForeign)) crossed += 1;
  }
  print(`  somebody got another's picture in ${crossed} of ${rounds} rounds`);
  crossedInAll += crossed;
  client.end();
}
server.kill();
print(`memcached ${library('memcached/package.json').version}, Node ${process.version}`);
print(crossedInAll > 0 ? 'reproduced' : 'not reproduced');
process.exitCode = crossedInAll > 0 ? 1 : 0;
