import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import redisPy from '../../targets/clients/redis-py.ts';
import type { Library } from './library.ts';
import { buildProgram, isBuilt } from './program.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'crosswire-program-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const said: string[] = [];

/** A machine whose only program is a python3 of this script, or that has none. */
async function build(version: string | undefined, script?: string): Promise<Library> {
  if (script !== undefined) {
    const python = path.join(folder, 'python3');
    writeFileSync(python, `#!/bin/sh\n${script}\n`);
    chmodSync(python, 0o755);
  }
  vi.stubEnv('PATH', folder);
  const cacheFolder = path.join(folder, 'cache');
  const signal = AbortSignal.timeout(20_000);
  return buildProgram(redisPy, { version, cacheFolder, signal, say: (line) => said.push(line) });
}

test('a program is built once, and leaves nothing else behind', async () => {
  const { version, path: file } = await build('4.5.3', 'exit 0');
  expect(version).toBe('4.5.3');
  expect(existsSync(file)).toBe(true);
  const cacheFolder = path.join(folder, 'cache');
  expect(isBuilt(redisPy, { cacheFolder, version: '4.5.3' })).toBe(true);
  expect(isBuilt(redisPy, { cacheFolder, version: '4.5.4' })).toBe(false);
  expect(readdirSync(cacheFolder)).toHaveLength(1);
  expect((await build('4.5.3', 'exit 1')).path).toBe(file);
});

test('a language that is not there is said in one line', async () => {
  await expect(build(undefined)).rejects.toThrow(
    'redis-py needs python3 -m pip --version to work here, and it does not: install python with its package client',
  );
});

test('what cannot be built says the last words of the package client, and leaves nothing', async () => {
  const script = 'case "$*" in *--version) exit 0;; esac\necho no such version >&2\nexit 1';
  await expect(build('99.0.0', script)).rejects.toThrow(
    'redis-py could not be built with redis 99.0.0: python3 said: no such version',
  );
  expect(readdirSync(path.join(folder, 'cache'))).toEqual([]);
});

test('a version that is not exact is refused', async () => {
  await expect(build('latest', 'exit 0')).rejects.toThrow(
    '"latest" is no exact version: write redis-py@8.1.0',
  );
});
