import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('what the page says of the newest ioredis is so', () => {
  const script = fileURLToPath(import.meta.resolve('./ioredis-asking-left-to-nobody.mjs'));
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [script], {
    cwd,
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect(stdout).toMatch(
    /^asked for a, got value\nhandled by nobody: Error: Connection is closed\./,
  );
  expect(stdout).toContain('ioredis 6.0.0');
  expect(status).toBe(1);
});
