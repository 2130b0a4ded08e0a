import { count, scenarioNamed, unknown } from './options.ts';

/**
 * What is evaluated unless something else is named: scenarios that every protocol, library and server can have, each the smallest that shows
 * its kind of bug. About nine seconds of plan each, so that two cores do twenty targets within twenty minutes.
 */
export const evaluationSet: readonly string[] = [
  'cache-outage',
  'mid-pipeline-cut',
  'late-replies',
  'cancelled-requests',
  'cache-pause',
  'flapping',
];

const everyday = { cameras: 120, users: 40, warmMs: 2_000, calmMs: 3_000, visitsPerSecond: 60 };

/** Sizes in an evaluation, where they differ from the scenario's own. */
const evaluationSizes: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'cache-outage': { ...everyday, outageMs: 1_000, herdMs: 4_500 },
  'mid-pipeline-cut': { ...everyday, cutsMs: 5_000 },
  'late-replies': { ...everyday, lateMs: 6_000 },
  'cancelled-requests': { ...everyday, impatientMs: 5_000 },
  'cache-pause': { ...everyday, pauseMs: 2_500, recoveryMs: 2_500 },
  flapping: { ...everyday, times: 3, downMs: 700, upMs: 1_500 },
};

/**
 * The numbers that differ from each scenario's own: those of an evaluation (unless the full size is wanted), and those that were typed as
 * `name=number`, wherever a scenario has that name. Throws UsageError for one that none of them has.
 */
export function sizesOf(
  scenarios: readonly string[],
  { typed, isFull }: { readonly typed: readonly string[]; readonly isFull: boolean },
): ReadonlyMap<string, Readonly<Record<string, number>>> {
  const named = typed.map((word): readonly [string, number] => {
    const [name = '', text = ''] = word.split('=');
    return [name, count(`--size ${name}`, text, { min: 1 })];
  });
  const known = new Set(scenarios.flatMap((name) => Object.keys(scenarioNamed(name).size)));
  for (const [name] of named) if (!known.has(name)) throw unknown('size', name, [...known]);
  return new Map(
    scenarios.map((name) => {
      const own = Object.keys(scenarioNamed(name).size);
      const fitting = named.filter(([size]) => own.includes(size));
      return [name, { ...(isFull ? {} : evaluationSizes[name]), ...Object.fromEntries(fitting) }];
    }),
  );
}

/** The options of `crosswire run` that make a scenario this large. */
export function sizeWords(size: Readonly<Record<string, number>>): readonly string[] {
  const { cameras, users, ...others } = size;
  const rest = Object.entries(others).map(([name, value]) => `${name}=${value}`);
  return [
    ...(cameras === undefined ? [] : ['--cameras', String(cameras)]),
    ...(users === undefined ? [] : ['--users', String(users)]),
    ...(rest.length === 0 ? [] : ['--size', ...rest]),
  ];
}
