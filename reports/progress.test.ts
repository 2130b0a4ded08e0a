import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnsOf } from './plain-text.ts';
import { phaseLine, progressLine } from './progress.ts';

const phases = [
  { name: 'warm', fromMs: 0, forMs: 12_000 },
  { name: 'outage', fromMs: 12_000, forMs: 6000 },
  { name: 'calm', fromMs: 18_000, forMs: 10_000 },
];

test('the progress line shows the phases as they pass, the time left and the population', () => {
  const figures = { camerasConnected: 1204, cameras: 2000, reads: 3 };
  expect(progressLine({ phases, elapsedMs: 15_000, ...figures }, { colour: false })).toBe(
    'warm done  outage [#####.....]  calm  13.0 s left, 1,204/2,000 cameras, 3 reads',
  );
  expect(progressLine({ phases, elapsedMs: 28_500, ...figures }, { colour: false })).toBe(
    'warm done  outage done  calm done  finishing, 1,204/2,000 cameras, 3 reads',
  );
});

test('the progress line never breaks a terminal of 80 columns', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          name: fc.string({ unit: 'binary', maxLength: 40 }),
          fromMs: fc.nat(60_000),
          forMs: fc.nat(60_000),
        }),
        { maxLength: 6 },
      ),
      fc.nat(100_000),
      fc.nat(10_000_000),
      (phases, elapsedMs, reads) => {
        const line = progressLine(
          { phases, elapsedMs, camerasConnected: 20_000, cameras: 20_000, reads },
          { colour: false },
        );
        expect(columnsOf(line)).toBeLessThanOrEqual(80);
        expect(line).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      },
    ),
  );
});

test('where nothing can be rewritten each phase gets a line of its own', () => {
  expect(phaseLine({ name: 'outage', fromMs: 12_000, forMs: 6000 })).toBe(
    '  12.0 s  outage begins, for 6.0 s',
  );
});
