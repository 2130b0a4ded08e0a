import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('draw-scenes.ts', import.meta.url));

test('drawing the scenes again gives the committed module, byte for byte', async () => {
  // In a process of its own: the test runner's instrumented modules draw several times slower.
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--check']);
  expect(stdout).toContain('is as drawn');
}, 60_000);
