import { expect, test } from 'vitest';
import { controls } from '../../targets/controls/index.ts';
import { startCrosswire } from './crosswire-process.ts';

test('controls are listed apart from the targets, as broken on purpose', async () => {
  const { stdout } = await startCrosswire(['list', 'targets']).ended;
  const [targets = '', broken = ''] = stdout.split('controls: broken on purpose');
  expect(targets).toMatch(/^ioredis /m);
  expect(targets).not.toContain('crossed-pair');
  for (const name of Object.keys(controls)) expect(broken).toMatch(new RegExp(`^${name} `, 'm'));
});

test('a control is a target without a library, and its plan can be printed', async () => {
  const { code, stdout } = await startCrosswire(['run', '--target', 'crossed-pair', '--dry-run'])
    .ended;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ scenario: 'cache-outage' });
});

test('a control whose flaw is not in its client is refused with the command that runs it', async () => {
  const { code, stderr } = await startCrosswire(['run', '--target', 'fail-open-on-error']).ended;
  expect(code).toBe(64);
  expect(stderr).toContain('node scripts/catch-controls.ts');
});
