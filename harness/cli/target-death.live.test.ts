import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { smallRun, startCrosswire } from './crosswire-process.ts';

/** A client that, in the midst of it, leaves to nobody what ioredis rejects when it is disconnected. */
const dying = `
export default {
  name: 'dying', package: 'ioredis', protocol: 'resp', lacks: [],
  open: async ({ endpoint, library }) => {
    const redis = new library.Redis(endpoint);
    let gets = 0;
    const get = async (key) => {
      gets += 1;
      if (gets === 100) {
        const other = new library.Redis({ ...endpoint, lazyConnect: true, retryStrategy: null });
        void other.get('nobody waits for this');
        other.disconnect();
      }
      return (await redis.getBuffer(key)) ?? undefined;
    };
    return {
      get,
      getMany: (keys) => Promise.all(keys.map(get)),
      set: (key, value, ttlMs) => redis.set(key, Buffer.from(value), 'PX', Math.ceil(ttlMs)),
      delete: (key) => redis.del(key),
      [Symbol.asyncDispose]: async () => redis.disconnect(),
    };
  },
};
`;

test('a library that ends its process fails the run, with the error and the line that it came from', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'crosswire-death-'));
  try {
    const file = path.join(folder, 'dying.mjs');
    writeFileSync(file, dying);
    const words = ['--target', file, '--cache', 'embedded', '--no-audit', '--json'];
    const out = ['--out', path.join(folder, 'out')];
    const { code, stdout, stderr } = await startCrosswire(['run', ...words, ...out, ...smallRun])
      .ended;
    expect(stderr).not.toContain('our own fault');
    const { findings } = JSON.parse(stdout) as { findings: readonly { readonly check: string }[] };
    expect(findings.find(({ check }) => check === 'stays-up')).toMatchObject({
      outcome: 'fail',
      violations: 1,
    });
    expect(readFileSync(path.join(folder, 'out', 'junit.xml'), 'utf8')).toMatch(
      /ended by itself \(exit code 1\): Error: Connection is closed\.: node_modules\/ioredis\//u,
    );
    expect(code).toBe(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
