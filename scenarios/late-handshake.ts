import type { Scenario } from '../harness/model/scenario.ts';
import {
  calmDown,
  type EverydaySize,
  everydayChecks,
  everydayLife,
  everydaySize,
  patience,
  warmUp,
} from '../harness/plan/everyday.ts';
import { visits } from '../harness/plan/load.ts';
import { phase, timeline } from '../harness/plan/timeline.ts';
import { onWire, onWireRepeatedly } from '../harness/plan/wire-faults.ts';

const size: EverydaySize & { readonly lateMs: number; readonly heldForMs: number } = {
  ...everydaySize,
  lateMs: 10_000,
  heldForMs: 500,
};

/** Connections that nobody uses are cut again and again, and on each new one what a library asks after its greeting is answered late. */
export const lateHandshake: Scenario<typeof size> = {
  name: 'late-handshake',
  why: 'A library that stops waiting for what it asked while connecting must not take its reply for that of the first command.',
  follows:
    'March 2025: go-redis ignored that CLIENT SETINFO had timed out, and its reply was handed to the next call (CVE-2025-29923)',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { lateMs, heldForMs, visitsPerSecond: perSecond } = numbers;
    const spacing = { fromMs: 300, untilMs: lateMs - 1_500, everyMs: 400 };
    return {
      ...everydayLife(rng, numbers),
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('late', {
          forMs: lateMs,
          faults: [
            onWire('late', {
              type: 'hold-reply',
              forMs: heldForMs,
              // The greeting itself (HELLO, AUTH or INFO) is answered at once.
              selector: { positionMin: 2, positionMax: 3 },
              timesMax: 1_000_000,
            }),
            ...onWireRepeatedly('cut', spacing, () => ({
              type: 'cut-idle',
              how: 'fin',
              timesMax: 1_000,
              window: { fromMs: 0, untilMs: 100 },
            })),
          ],
          load: [visits({ overMs: lateMs, perSecond })],
        }),
        calmDown(numbers),
      ),
    };
  },
};
