import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCrosswire } from './crosswire-process.ts';

let folder = '';
let busyPort = 0;
const holder = createServer();

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'crosswire-bad-input-'));
  mkdirSync(path.join(folder, 'used'));
  writeFileSync(path.join(folder, 'used', 'record.sqlite'), '');
  writeFileSync(path.join(folder, 'a-file'), '');
  await new Promise<void>((resolve) => {
    holder.listen(0, '127.0.0.1', resolve);
  });
  busyPort = (holder.address() as { port: number }).port;
});
afterAll(() => {
  holder.close();
  rmSync(folder, { recursive: true, force: true });
});

const cases: readonly (readonly [what: string, words: string, says: string])[] = [
  [
    'an unknown scenario',
    'run cache-outrage',
    'there is no scenario named "cache-outrage"; did you mean cache-outage?',
  ],
  [
    'an unknown target',
    'run --target ioreds',
    'there is no target named "ioreds"; did you mean ioredis?',
  ],
  ['a target file that is not there', 'run --target ./nowhere.ts', 'there is no file'],
  ['a target without its version', 'run --target ioredis@', 'names no version after the @'],
  [
    'a variant that is none',
    'run --target ioredis:clutser',
    'the target ioredis has no variant "clutser"; it has: cluster',
  ],
  [
    'an option with a word that it does not take',
    'run --target redis?resp=4',
    'the option resp of the target redis takes 2 or 3, got "4"',
  ],
  [
    'a variant that does not fit the scenario',
    'run reshard --target redis:pool',
    'reshard needs a cluster, and redis:pool is not used with one; name redis:cluster',
  ],
  [
    'a cluster behind Toxiproxy',
    'run cache-pause --target redis:cluster --faults toxiproxy',
    'leave --faults out',
  ],
  ['an unknown command', 'rum', "unknown command 'rum'"],
  ['an unknown option', 'run --camera 5', "unknown option '--camera'"],
  ['no cameras', 'run --cameras 0', '--cameras takes a whole number from 1 to 1000000, got "0"'],
  ['a negative count', 'run --users -3', '--users'],
  [
    'a fractional count',
    'run --cameras 2.5',
    '--cameras takes a whole number from 1 to 1000000, got "2.5"',
  ],
  ['a count that is no number', 'run --cameras many', 'got "many"'],
  ['a count beyond all limits', 'run --cameras 1000000000', 'got "1000000000"'],
  ['one user', 'run --users 1', '--users takes a whole number from 2'],
  [
    'a seed that is none',
    'run --seed 1e3',
    '--seed takes a whole number from 0 to 2147483647, got "1e3"',
  ],
  ['an unknown number of the scenario', 'run --size warmMS=5', 'did you mean warmMs?'],
  ['an unknown mitigation', 'run --mitigation seal-value', 'did you mean seal-values?'],
  ['a folder that cannot be made', 'run --out FOLDER/a-file/out', 'cannot be written to (ENOTDIR)'],
  ['a folder that holds a record', 'run --out FOLDER/used', 'already holds the record of a run'],
  ['a busy port', 'run --backend-port BUSY', 'cannot be listened on (EADDRINUSE)'],
  ['another busy port', 'run --wire-port BUSY', 'cannot be listened on (EADDRINUSE)'],
  [
    'an address that is not this machine',
    'run --cache redis://192.0.2.7:6379',
    'add --allow-host 192.0.2.7 if that is meant',
  ],
  [
    'a cache that is none',
    'run --cache redis',
    '--cache takes embedded, process, container, redis://host:port or memcached://host:port',
  ],
  ['a cache that does not answer', 'run --cache redis://127.0.0.1:1', '--cache'],
  [
    'a target that needs what the cache cannot do',
    'run --no-audit --target redis:caching --cache embedded',
    '--target redis:caching needs a server that sends invalidations',
  ],
  ['a fault that Toxiproxy cannot do', 'run --faults toxiproxy', 'Rules that need the wire engine'],
  [
    'a fault engine that is none',
    'run --faults chaos',
    '--faults takes wire or toxiproxy, got "chaos"',
  ],
  ['a record that is not there', 'judge FOLDER/nothing.sqlite', 'nothing.sqlite'],
  ['a record that is none', 'judge FOLDER/a-file', 'a-file'],
  ['a format that is none', 'report FOLDER/a-file --format pdf', 'did you mean'],
];

describe('bad input gets one clear line and exit 64', () => {
  test.concurrent.each(cases)('%s', async (_, words, says) => {
    const argv = words.replace('FOLDER', folder).replace('BUSY', String(busyPort)).split(' ');
    const { code, stdout, stderr } = await startCrosswire(argv, { cwd: folder }).ended;
    expect(stderr).toContain(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/^crosswire: /);
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });
});

test('several mistakes are said together, a line each', async () => {
  const { code, stderr } = await startCrosswire(
    ['run', 'cache-outrage', '--target', 'ioreds', '--cameras', '0'],
    { cwd: folder },
  ).ended;
  expect(stderr.trimEnd().split('\n')).toHaveLength(3);
  expect(code).toBe(64);
});

test('a version that does not exist is named with its neighbours', {
  timeout: 60_000,
}, async (context) => {
  const { code, stderr } = await startCrosswire(['run', '--target', 'ioredis@4.999.0'], {
    cwd: folder,
  }).ended;
  if (stderr.includes('registry')) context.skip('the package registry cannot be reached here');
  expect(stderr).toContain('4.999.0');
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(code).toBe(64);
});
