import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LibraryRequest, loadLibrary } from './library.ts';
import { UsageError } from './usage-error.ts';

let scratch: string;
let offline: string | undefined;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'crosswire-library-'));
  const asked = spawnSync('npm', ['view', 'ioredis@4.16.1', 'version'], { timeout: 20_000 });
  if (asked.status !== 0) offline = 'the npm registry cannot be reached';
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const projectFolder = path.join(import.meta.dirname, '..', '..');
/** Stands in for a network that is down: whatever is asked of it fails. */
const noNetwork = 'false';

test('the bare name is the installed library', async () => {
  const library = await loadLibrary(request({ spec: 'ioredis', npmCommand: noNetwork }));
  expect(library).toEqual({
    name: 'ioredis',
    version: versionOf('ioredis'),
    path: createRequire(import.meta.url).resolve('ioredis'),
    companions: {},
  });
});

test('an exact version that is installed, also under an alias, needs no network', async () => {
  for (const [alias, version] of [
    ['ioredis', versionOf('ioredis')],
    ['ioredis-4.16.0', '4.16.0'],
  ] as const) {
    const spec = `ioredis@${version}`;
    const library = await loadLibrary(request({ spec, npmCommand: noNetwork }));
    expect(library).toEqual({
      name: 'ioredis',
      version,
      path: createRequire(import.meta.url).resolve(alias),
      companions: {},
    });
  }
});

test('a version is fetched once, by two runs at once, and found again without the network', async (context) => {
  if (offline !== undefined) context.skip(offline);
  const cacheFolder = path.join(scratch, 'fetched');
  mkdirSync(path.join(cacheFolder, '.fetching-4194303-left'), { recursive: true });
  mkdirSync(path.join(cacheFolder, 'ioredis@4.16.1', 'node_modules', 'ioredis'), {
    recursive: true,
  });
  const spec = 'ioredis@4.16.1';
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const both = await Promise.all([
    loadLibrary(request({ spec, cacheFolder, say })),
    loadLibrary(request({ spec, cacheFolder, say })),
  ]);
  const again = await loadLibrary(request({ spec, cacheFolder, npmCommand: noNetwork }));
  for (const library of [...both, again]) {
    expect(library).toMatchObject({ name: 'ioredis', version: '4.16.1' });
    expect(library.path.startsWith(path.join(cacheFolder, 'ioredis@4.16.1'))).toBe(true);
  }
  const module = (await import(again.path)) as { default: unknown };
  expect(typeof module.default).toBe('function');
  expect(readdirSync(cacheFolder)).toEqual(['ioredis@4.16.1']);
  expect(existsSync(path.join(cacheFolder, 'ioredis@4.16.1', 'package-lock.json'))).toBe(true);
  expect(said.filter((line) => line.includes('ioredis@4.16.1')).length).toBe(2);
});

test('a version that does not exist names the nearest ones', async (context) => {
  if (offline !== undefined) context.skip(offline);
  for (const spec of ['ioredis@4.16.99', 'ioredis@^99', 'ioredis@nextest']) {
    const error = await loadLibrary(request({ spec })).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ exitCode: 64 });
    expect(String(error)).toContain(`there is no ${spec}; the nearest are `);
  }
  await expect(loadLibrary(request({ spec: 'ioredis@4.16.99' }))).rejects.toThrow('4.16.3');
});

test('a range means the newest version in it', async (context) => {
  if (offline !== undefined) context.skip(offline);
  const spec = 'ioredis@>=4.15.0 <4.16.1';
  expect(await loadLibrary(request({ spec }))).toMatchObject({ version: '4.16.0' });
});

test('a range means its newest version also when the registry lists versions in another order', async () => {
  const npmCommand = commandOf(
    'unordered-npm.mjs',
    `const all = ['4.9.0', '4.16.0', '4.10.0', '4.16.0-rc.2', '4.9.5'];
     console.log(JSON.stringify(all));`,
  );
  const library = await loadLibrary(request({ spec: 'ioredis@^4', npmCommand }));
  expect(library.version).toBe('4.16.0');
});

test.each(['ioredis@', 'ioredis@--help', 'ioredis@file:../x', 'ioredis@../x', 'ioredis@npm:other'])(
  '%s is no version',
  async (spec) => {
    const asked = loadLibrary(request({ spec, npmCommand: noNetwork }));
    await expect(asked).rejects.toBeInstanceOf(UsageError);
  },
);

test('a library that is not installed asks for a version', async () => {
  const installedFrom = path.join(scratch, 'empty');
  const asked = loadLibrary(request({ spec: 'ioredis', installedFrom, npmCommand: noNetwork }));
  await expect(asked).rejects.toThrow('ioredis@latest');
});

test('what another package brought along is not taken for the version that is meant', async () => {
  const installedFrom = path.join(scratch, 'hoisted');
  const folder = path.join(installedFrom, 'node_modules', 'ioredis');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'package.json'),
    '{ "name": "ioredis", "version": "5.0.0", "main": "index.js" }',
  );
  writeFileSync(path.join(folder, 'index.js'), '');
  const about = path.join(installedFrom, 'package.json');
  const asked = { installedFrom, defaultVersion: '5.1.0', npmCommand: noNetwork };
  writeFileSync(about, '{ "dependencies": { "other": "1.0.0" } }');
  await expect(loadLibrary(request(asked))).rejects.toThrow('false view');
  writeFileSync(about, '{ "dependencies": { "ioredis": "^5.0.0" } }');
  expect(await loadLibrary(request(asked))).toMatchObject({ version: '5.0.0' });
});

test('without a version the default one is fetched, with its companions, in one place', async () => {
  const cacheFolder = path.join(scratch, 'together');
  const npmCommand = commandOf(
    'placing-npm.mjs',
    `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
     if (process.argv[2] === 'view') console.log('["1.2.3"]');
     else for (const [name, version] of Object.entries(JSON.parse(readFileSync('package.json')).dependencies)) {
       mkdirSync('node_modules/' + name, { recursive: true });
       const exports = { '.': { types: './x.d.ts', import: './main.mjs' }, './part': { default: './main.mjs' } };
       writeFileSync('node_modules/' + name + '/package.json', JSON.stringify({ name, version, exports }));
       writeFileSync('node_modules/' + name + '/main.mjs', 'export const said = "' + name + '";');
     }`,
  );
  const asked = {
    spec: 'no-such-layer',
    package: 'no-such-layer',
    defaultVersion: '1.2.3',
    companions: { '@no-such/store': '4.5.6' },
    entries: ['no-such-layer/part'],
    cacheFolder,
  };
  const library = await loadLibrary(request({ ...asked, npmCommand }));
  expect(library).toMatchObject({ name: 'no-such-layer', version: '1.2.3' });
  expect(readdirSync(cacheFolder)).toEqual(['no-such-layer@1.2.3,@no-such+store@4.5.6']);
  expect(await import(library.path)).toMatchObject({ said: 'no-such-layer' });
  const store = library.companions['@no-such/store'] ?? '';
  expect(await import(store)).toMatchObject({ said: '@no-such/store' });
  const part = library.companions['no-such-layer/part'] ?? '';
  expect(await import(part)).toMatchObject({ said: 'no-such-layer' });
  expect(await loadLibrary(request({ ...asked, npmCommand: noNetwork }))).toEqual(library);
  const other = { ...asked, companions: { '@no-such/store': '4.5.7' } };
  await expect(loadLibrary(request({ ...other, npmCommand: noNetwork }))).rejects.toThrow(
    'false view',
  );
});

test('a fetch that fails leaves nothing behind and says why', async () => {
  const cacheFolder = path.join(scratch, 'failed');
  const npmCommand = commandOf(
    'failing-npm.mjs',
    `if (process.argv[2] === 'view') console.log('["4.16.1"]');
     else { console.error('npm error code ENOSPC'); process.exit(1); }`,
  );
  const asked = loadLibrary(request({ spec: 'ioredis@4.16.1', cacheFolder, npmCommand }));
  await expect(asked).rejects.toThrow('ENOSPC');
  expect(readdirSync(cacheFolder)).toEqual([]);
});

test('an interrupted fetch ends npm and leaves nothing behind', async () => {
  const cacheFolder = path.join(scratch, 'interrupted');
  const npmCommand = commandOf(
    'slow-npm.mjs',
    `import { writeFileSync } from 'node:fs';
     if (process.argv[2] === 'view') console.log('["4.16.1"]');
     else { writeFileSync('${path.join(scratch, 'pid')}', String(process.pid)); setInterval(() => {}, 1000); }`,
  );
  const stop = new AbortController();
  const asked = loadLibrary(
    request({ spec: 'ioredis@4.16.1', cacheFolder, npmCommand, signal: stop.signal }),
  );
  for (let attempt = 0; attempt < 200 && !existsSync(path.join(scratch, 'pid')); attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  stop.abort(new Error('interrupted'));
  await expect(asked).rejects.toThrow('interrupted');
  expect(readdirSync(cacheFolder)).toEqual([]);
  const processId = Number(readFileSync(path.join(scratch, 'pid'), 'utf8'));
  expect(() => process.kill(processId, 0)).toThrow('ESRCH');
}, 10_000);

/** Writes a program that stands in for npm. */
function commandOf(name: string, program: string): string {
  const file = path.join(scratch, name);
  writeFileSync(file, `#!${process.execPath}\n${program}`, { mode: 0o755 });
  return file;
}

function request(changes: Partial<LibraryRequest>): LibraryRequest {
  return {
    spec: 'ioredis',
    package: 'ioredis',
    cacheFolder: path.join(scratch, 'cache'),
    installedFrom: projectFolder,
    npmCommand: 'npm',
    signal: new AbortController().signal,
    say: () => {},
    ...changes,
  };
}

function versionOf(name: string): string {
  const about = path.join(projectFolder, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(about, 'utf8')) as { version: string }).version;
}
