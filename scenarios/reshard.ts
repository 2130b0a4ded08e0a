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
  readonly cutsMs: number;
  /** 1: connections are cut while slots move, too. A process with ioredis, 4.16 to 6.0, may die of that. */
  readonly cutsWhileMoving: number;
} = {
  ...everydaySize,
  outMs: 8_000,
  backMs: 6_000,
  slotsAtOnce: 120,
  stepMs: 700,
  cutsMs: 4_000,
  cutsWhileMoving: 0,
};

/**
 * A cluster is grown and shrunk while everybody comes back: its slots move to the last node, then to the first. Connections are cut when
 * that is over: ioredis leaves the promise of its ASKING to nobody, and when a connection is cut before the reply to it, Node ends the process
 * for an unhandled rejection. `--size cutsWhileMoving=1` shows that.
 */
export const reshard: Scenario<typeof size> = {
  name: 'reshard',
  why: 'A command that is sent on with ASK is asked twice, on two connections; each has its own queue, and neither may be off by one.',
  follows:
    'the cluster specification: a client that is sent on says ASKING first, and that has a reply of its own',
  size,
  checks: everydayChecks,
  plan: (rng, numbers) => {
    const { outMs, backMs, cutsMs, cutsWhileMoving, visitsPerSecond: perSecond } = numbers;
    const meanwhile = (name: string, forMs: number): readonly PlannedFault[] =>
      cutsWhileMoving === 0 ? [] : cuts(name, { rng: rng.fork(name), forMs });
    return {
      ...everydayLife(rng, numbers),
      cacheTopology: 'cluster',
      ...timeline(
        patience(numbers),
        warmUp(numbers),
        phase('out', {
          forMs: outMs,
          faults: [slotsTo(3, numbers), ...meanwhile('out', outMs)],
          load: [
            cameras({ overMs: 250, uploadShare: 0.2 }),
            visitsOfEveryone({ overMs: 1_000 }),
            visits({ overMs: outMs, perSecond }),
          ],
        }),
        phase('back', {
          forMs: backMs,
          faults: [slotsTo(1, numbers), ...meanwhile('back', backMs)],
          load: [visitsOfEveryone({ overMs: 1_000 }), visits({ overMs: backMs, perSecond })],
        }),
        phase('cuts', {
          forMs: cutsMs,
          faults: cuts('after', { rng: rng.fork('after'), forMs: cutsMs }),
          load: [visitsOfEveryone({ overMs: 1_000 }), visits({ overMs: cutsMs, perSecond })],
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

/** Of a page each node has a part, and often a single key: so the first reply of a pipeline is the one that does not come. */
function cuts(
  name: string,
  { rng, forMs }: { readonly rng: Rng; readonly forMs: number },
): readonly PlannedFault[] {
  const spacing = { fromMs: 400, untilMs: forMs - 600, everyMs: 600 };
  return onWireRepeatedly(`cut-${name}`, spacing, () => ({
    type: 'cut-before-reply',
    reply: 1,
    how: rng.chance(0.5) ? 'fin' : 'rst',
    selector: { commands: ['GET'], keyPrefix: 'thumb:' },
    timesMax: 1,
  }));
}
