import { expect, test } from 'vitest';
import { nodeRequirement } from './node-requirement.mjs';

test.each(['0.12.18', '14.21.3', '18.20.8', '19.9.0'])(
  'Node %s is refused in one line that says what is needed',
  (version) => {
    expect(nodeRequirement(version)).toEqual({
      step: 'refuse',
      says: `crosswire needs Node 20 or newer, and this is Node ${version}: install a newer one, then run it again`,
    });
  },
);

test.each(['20.0.0', '20.20.2', '22.19.0', '23.1.0'])(
  'Node %s hands over to the one that comes as a dependency',
  (version) => {
    expect(nodeRequirement(version)).toEqual({ step: 'hand-over' });
  },
);

test.each(['24.0.0', '26.10.0'])('Node %s runs it', (version) => {
  expect(nodeRequirement(version)).toEqual({ step: 'run' });
});
