import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { testLibrary } from '../../harness/cli/test-library.ts';
import valkeyGlide from '../../targets/clients/valkey-glide.ts';

test('what the page says of valkey-glide is so', async (context) => {
  const { library, missing } = await testLibrary(valkeyGlide);
  if (missing !== undefined) context.skip(missing);
  const script = fileURLToPath(import.meta.resolve('./valkey-glide-asking-apart.mjs'));
  const { status, stdout } = spawnSync(process.execPath, [script], {
    cwd: library.slice(0, library.indexOf('/node_modules/')),
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect(stdout).toMatch(/^asked for \{camera\}:\d, got .* Moved: 8198 /mu);
  expect(stdout).toContain('valkey-glide 2.5.2');
  expect(status).toBe(1);
});
