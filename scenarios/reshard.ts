import type { Scenario } from '../harness/model/scenario.ts';
import type { Rng } from '../harness/model/world.ts';
import {
  calmDown,
  type EverydaySize,
  everydayChecks,
  everydayLife,
  everydaySize,
  patience,
  warmUp,
} from '../harness/plan/everyday.ts';
import { cameras, visits, visitsOfEveryone } from '../harness/plan/load.ts';
import { type PlannedFault, phase, timeline } from '../harness/plan/timeline.ts';
import { onWireRepeatedly } from '../harness/plan/wire-faults.ts';

const size: EverydaySize & {
  readonly outMs: number;
  readonly backMs: number;
  readonly slotsAtOnce: number;
  readonly stepMs: number;
} = { ...everydaySize, outMs: 9_000, backMs: 7_000, slotsAtOnce: 120, stepMs: 700 };

/** A cluster is grown and shrunk while everybody comes back: its slots move to the last node, then to the first, and connections are cut meanwhile. */
export const reshard: Scenario<typeof size> = {
  name: 'reshard',
  why: 'A command that is sent on with ASK is asked twice, on two connections; each has its own queue, and neither may be off by one.',
  follows:
    'the cluster specification: a client that is sent on says ASKING first, and that has a reply of its own',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { outMs, backMs, visitsPerSecond: perSecond } = numbers;
    return {
      ...everydayLife(rng, numbers),
      cacheTopology: 'cluster',
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('out', {
          forMs: outMs,
          faults: [slotsTo(3, numbers), ...cuts('out', { rng: rng.fork('out'), forMs: outMs })],
          load: [
            cameras({ overMs: 250, uploadShare: 0.2 }),
            visitsOfEveryone({ overMs: 1_000 }),
            visits({ overMs: outMs, perSecond }),
          ],
        }),
        phase('back', {
          forMs: backMs,
          faults: [slotsTo(1, numbers), ...cuts('back', { rng: rng.fork('back'), forMs: backMs })],
          load: [visitsOfEveryone({ overMs: 1_000 }), visits({ overMs: backMs, perSecond })],
        }),
        calmDown(numbers),
      ),
    };
  },
};

function slotsTo(
  toNode: number,
  { slotsAtOnce, stepMs }: Pick<typeof size, 'slotsAtOnce' | 'stepMs'>,
): PlannedFault {
  return {
    faultId: `slots-to-${toNode}`,
    atMs: 200,
    fault: { kind: 'move-slots', service: 'cache', toNode, slotsAtOnce, keysPerStep: 1, stepMs },
  };
}

/** Of a page each node has a part, so a pipeline to one of them is short. */
function cuts(
  name: string,
  { rng, forMs }: { readonly rng: Rng; readonly forMs: number },
): readonly PlannedFault[] {
  const spacing = { fromMs: 700, untilMs: forMs - 1_000, everyMs: 900 };
  return onWireRepeatedly(`cut-${name}`, spacing, () => ({
    type: 'cut-after-reply',
    reply: rng.integer(1, 2),
    how: rng.chance(0.5) ? 'fin' : 'rst',
    selector: { commands: ['GET'], keyPrefix: 'thumb:' },
    timesMax: 1,
  }));
}
