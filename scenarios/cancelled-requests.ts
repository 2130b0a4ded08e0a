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
import { onWire } from '../harness/plan/wire-faults.ts';

const size: EverydaySize & { readonly impatientMs: number; readonly heldForMs: number } = {
  ...everydaySize,
  impatientMs: 10_000,
  heldForMs: 60,
};

/** The cache is slow, and a third of all people close the app while it is still reading for them. */
export const cancelledRequests: Scenario<typeof size> = {
  name: 'cancelled-requests',
  why: "A call that is cancelled after it was sent leaves a reply on the connection, and that is nobody else's.",
  follows:
    'March 2023: cancelled requests left replies in a shared pool, and chat titles were shown to strangers',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { impatientMs, heldForMs, visitsPerSecond: perSecond } = numbers;
    return {
      ...everydayLife(rng, numbers),
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('impatience', {
          forMs: impatientMs,
          faults: [
            onWire('slow', {
              type: 'hold-reply',
              forMs: heldForMs,
              selector: {},
              timesMax: 1_000_000,
            }),
          ],
          load: [
            visits({
              overMs: impatientMs,
              perSecond,
              hangUps: { share: 0.33, afterMsMin: 1, afterMsMax: 6 * heldForMs },
            }),
          ],
        }),
        calmDown(numbers),
      ),
    };
  },
};
