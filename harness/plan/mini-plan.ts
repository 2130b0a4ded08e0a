import type { WireRule } from '../model/fault.ts';
import type { CheckName } from '../model/finding.ts';
import type { HangUps, Plan, Step } from '../model/plan.ts';
import type { Device, Population } from '../model/population.ts';
import type { Rng } from '../model/world.ts';
import { cameras, changes, visits, visitsOfEveryone } from './load.ts';
import { population } from './population.ts';
import { seededRng } from './rng.ts';
import { type Phase, phase, timeline } from './timeline.ts';
import { onWire } from './wire-faults.ts';

export interface MiniPlanOptions {
  readonly seed: number;
  /** In force while there is trouble, in their order. */
  readonly rules: readonly WireRule[];
  readonly hangUps?: HangUps;
  readonly checks: readonly CheckName[];
  readonly size?: Partial<MiniSize>;
  /** Everything takes so many times as long, for a machine that has other things to do; 1 unless told. */
  readonly pace?: number;
}

/** Numbers that two seconds of one core carry, together with everything that is under test. */
export interface MiniSize {
  readonly users: number;
  readonly camerasPerUser: number;
  readonly warmMs: number;
  readonly troubleMs: number;
  readonly calmMs: number;
  /** While there is trouble. */
  readonly visitsPerSecond: number;
  /** How many of the cameras upload while there is trouble. */
  readonly uploadShare: number;
  /** How many of the cameras are shared, transferred or removed while there is trouble. */
  readonly changeShare: number;
  /** Whether everyone looks once before there is trouble. */
  readonly warmVisits: boolean;
  /** When all is calm, beside everyone who reads once more. */
  readonly calmVisitsPerSecond: number;
  /** How long viewers and cameras wait for an answer. */
  readonly requestDeadlineMs: number;
  /** How often a second somebody without a session tries to see something. */
  readonly intrusionsPerSecond: number;
}

const miniSize: MiniSize = {
  users: 6,
  camerasPerUser: 4,
  warmMs: 700,
  troubleMs: 1_000,
  calmMs: 700,
  visitsPerSecond: 40,
  uploadShare: 0.5,
  changeShare: 0.1,
  warmVisits: true,
  calmVisitsPerSecond: 0,
  requestDeadlineMs: 2_500,
  intrusionsPerSecond: 20,
};

/**
 * The smallest plan that has everything: cameras upload and people look, then there is trouble under load, then it is calm and
 * everyone reads once more. Cameras dial again at once, so that all are back within the calm.
 */
export function miniPlan({ seed, rules, hangUps, checks, size, pace = 1 }: MiniPlanOptions): Plan {
  const numbers = slowed({ ...miniSize, ...size }, pace);
  const { warmMs, warmVisits, calmMs, calmVisitsPerSecond: perSecond } = numbers;
  const everyone = visitsOfEveryone({ overMs: calmMs / 3 });
  return {
    format: 1,
    scenario: 'mini-run',
    seed,
    population: eagerPopulation(seededRng(seed).fork('mini-run'), numbers),
    habits: { tapShare: 0.3, thinkMsMin: 1, thinkMsMax: 40 * pace, pageSize: 10 },
    heartbeatMs: 250 * pace,
    intruder: { perSecond: numbers.intrusionsPerSecond },
    checks,
    ...timeline(
      { requestDeadlineMs: numbers.requestDeadlineMs },
      phase('warm', {
        forMs: warmMs,
        load: [
          cameras({ overMs: warmMs / 4, uploadShare: 1 }),
          ...(warmVisits ? [everyoneAt(warmMs * 0.6)] : []),
        ],
      }),
      trouble(numbers, {
        rules: rules.map((rule) => slowedRule(rule, pace)),
        hangUps: slowedHangUps(hangUps, pace),
      }),
      phase('calm', {
        forMs: calmMs,
        load: [everyone, ...(perSecond > 0 ? [visits({ overMs: calmMs, perSecond })] : [])],
      }),
    ),
    // A machine that has other things to do makes it late, and no worse.
    deadlineMs: 60_000,
  };
}

function trouble(
  { troubleMs, visitsPerSecond, uploadShare, changeShare }: MiniSize,
  { rules, hangUps }: Pick<MiniPlanOptions, 'rules'> & { readonly hangUps: HangUps | undefined },
): Phase {
  const people = { overMs: troubleMs, perSecond: visitsPerSecond };
  return phase('trouble', {
    forMs: troubleMs,
    faults: rules.map((rule, index) => onWire(`rule-${index + 1}`, rule)),
    load: [
      cameras({ overMs: troubleMs / 2, uploadShare }),
      visits(hangUps === undefined ? people : { ...people, hangUps }),
      ...(changeShare > 0 ? [changes({ overMs: troubleMs * 0.8, share: changeShare })] : []),
    ],
  });
}

function everyoneAt(atMs: number): Step {
  return { ...visitsOfEveryone({ overMs: 50 }), atMs };
}

function slowed(size: MiniSize, pace: number): MiniSize {
  return {
    ...size,
    warmMs: size.warmMs * pace,
    troubleMs: size.troubleMs * pace,
    calmMs: size.calmMs * pace,
    requestDeadlineMs: size.requestDeadlineMs * pace,
    visitsPerSecond: size.visitsPerSecond / pace,
    calmVisitsPerSecond: size.calmVisitsPerSecond / pace,
    intrusionsPerSecond: size.intrusionsPerSecond / pace,
  };
}

function slowedRule(rule: WireRule, pace: number): WireRule {
  if (rule.type === 'hold-reply') return { ...rule, forMs: rule.forMs * pace };
  if (rule.type === 'slow-replies')
    return { ...rule, bytesPerSecond: Math.ceil(rule.bytesPerSecond / pace) };
  return rule;
}

function slowedHangUps(hangUps: HangUps | undefined, pace: number): HangUps | undefined {
  if (hangUps === undefined) return undefined;
  const { share, afterMsMin, afterMsMax } = hangUps;
  return { share, afterMsMin: afterMsMin * pace, afterMsMax: afterMsMax * pace };
}

/** Nobody waits for seconds before a camera dials again. */
function eagerPopulation(rng: Rng, { users, camerasPerUser }: MiniSize): Population {
  const size = { users, cameras: users * camerasPerUser, canaries: 1, redialMs: 100 };
  const { devices, ...people } = population(rng, size);
  const backOff = { policy: 'immediate', delayMs: size.redialMs } as const;
  const eager: Device[] = [];
  for (const device of devices) eager.push({ ...device, backOff });
  return { ...people, devices: eager };
}
