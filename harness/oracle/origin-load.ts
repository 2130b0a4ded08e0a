import type { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import {
  calmMissing,
  calmOf,
  counted,
  cutShort,
  findingOf,
  inconclusive,
  violationList,
  type WholeChecker,
} from './checker.ts';

/** The load stays up when it is more than this many times that of warm ... */
const stayedUpTimes = 3;
/** ... and this many loads at least: two loads after none are no trouble. */
const stayedUpLoadsMin = 100;
/** A warm with fewer loads than this is no measure: the cloud stood still. */
const warmLoadsMin = 20;
/** What is loaded again this long after its first load has outlived its time in the cache: ten minutes in every run. */
const cachedNsMax = 600e9;

/**
 * What came from the source of truth, against the ideal of one load a key and cause: the first asking, a value dropped on purpose, a
 * cache that came back empty, a value that outlived its time. More than that is a herd that the cache did not hold back.
 * A load that stays up when all is healed is metastable (Bronson et al., "Metastable Failures in Distributed Systems", 2021).
 */
export const originLoad: WholeChecker = {
  name: 'origin-load',
  says: 'loads from the source of truth go down again after the trouble; how many there were beyond one a key and cause',
  check: (record): Finding => {
    const short = cutShort(record);
    if (short !== null) return short;
    const calm = calmOf(record);
    const missing = calmMissing(record);
    const warm = record.phases().find(({ name }) => name === 'warm');
    if (calm === undefined || warm === undefined || missing !== null)
      return inconclusive(
        missing ?? 'load is compared between warm and calm, and the run lacks one',
      );
    const loads = originLoadsOf(record);
    if (loads.all === 0)
      return inconclusive('nothing was loaded from the source of truth, so nothing was examined');
    const half = { fromNs: (calm.fromNs + calm.toNs) / 2, toNs: calm.toNs };
    const before = rateIn(record, { fromNs: warm.fromNs, toNs: warm.toNs ?? warm.fromNs });
    const after = rateIn(record, half);
    const violations = violationList();
    const rates = `${perSecond(after.perSecond)} in the second half of calm, ${perSecond(before.perSecond)} in warm`;
    const isUp =
      after.loads >= stayedUpLoadsMin && after.perSecond > stayedUpTimes * before.perSecond;
    if (isUp && before.loads < warmLoadsMin)
      return inconclusive(`warm loaded next to nothing, so load has no measure: ${rates}`);
    if (isUp)
      violations.add(`loads from the source of truth stayed up when all was healed: ${rates}`);
    const absent = loads.absent === 0 ? '' : `; ${loads.absent} found nothing to load`;
    const says = `${counted(loads.all, 'load', 'loads')} of ${counted(loads.keys, 'key', 'keys')}, ${loads.ideal.toLocaleString('en-US')} would have been enough; times the ideal at most ${loads.most.toFixed(1)}, median ${loads.median.toFixed(1)}; ${rates}${absent}`;
    return findingOf(loads.all, violations, says);
  },
};

export interface OriginLoads {
  readonly all: number;
  readonly keys: number;
  /** One a key and cause. */
  readonly ideal: number;
  /** How many times its ideal a key was loaded. */
  readonly most: number;
  readonly median: number;
  /** Loads of what is not there: nothing can be cached of it, so they are left out of the rest. */
  readonly absent: number;
}

interface KeyLoads {
  loads: number;
  ideal: number;
  /** The cause that the last load had: how often the key had been dropped, how often the cache had been emptied, and when. */
  drops: number;
  emptied: number;
  sinceNs: number;
}

/** What was loaded from the source of truth, and how often that would have been enough. */
export function originLoadsOf(record: RecordReader): OriginLoads {
  const keys = new Map<string, KeyLoads>();
  const emptiedNs = emptyings(record);
  const drops = dropsUntil(record);
  let all = 0;
  let absent = 0;
  for (const { key, atNs, digest } of record.rows('origin', ['key', 'atNs', 'digest'])) {
    all += 1;
    const dropped = drops(key, atNs);
    if (digest === null) {
      absent += 1;
      continue;
    }
    const emptied = emptiedNs.filter((momentNs) => momentNs <= atNs).length;
    const before = keys.get(key);
    const isNewCause =
      before === undefined ||
      before.drops < dropped ||
      before.emptied < emptied ||
      atNs - before.sinceNs > cachedNsMax;
    keys.set(key, {
      loads: (before?.loads ?? 0) + 1,
      ideal: (before?.ideal ?? 0) + (isNewCause ? 1 : 0),
      drops: dropped,
      emptied,
      sinceNs: isNewCause ? atNs : before.sinceNs,
    });
  }
  const times = Float64Array.from(keys.values(), ({ loads, ideal }) => loads / ideal).toSorted();
  const ideal = keys.values().reduce((sum, each) => sum + each.ideal, 0);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  return { all, keys: keys.size, ideal, most: times.at(-1) ?? 0, median, absent };
}

/** How often each key had been dropped by then. Both tables are written by the backend alone, in the order of time. */
function dropsUntil(record: RecordReader): (key: string, atNs: number) => number {
  const rows = record.rows('cache_call', ['key', 'startedNs'], { call: 'delete' });
  const drops = new Map<string, number>();
  let next = rows.next();
  return (key, atNs) => {
    while (next.done !== true && next.value.startedNs <= atNs) {
      drops.set(next.value.key, (drops.get(next.value.key) ?? 0) + 1);
      next = rows.next();
    }
    return drops.get(key) ?? 0;
  };
}

/** The moments at which the cache lost what it had: when a fault that loses values came, and when it was healed. */
function emptyings(record: RecordReader): readonly number[] {
  const losing = new Set(
    record
      .plan()
      .steps.flatMap((step) =>
        step.type === 'fault-on' && losesValues(step.fault) ? [step.faultId] : [],
      ),
  );
  return record
    .faults()
    .filter(({ faultId }) => losing.has(faultId))
    .flatMap(({ onNs, offNs }) => (offNs === null ? [onNs] : [onNs, offNs]));
}

function losesValues(fault: Fault): boolean {
  return ['kill', 'loading', 'limit-memory', 'failover'].includes(fault.kind);
}

function rateIn(
  record: RecordReader,
  { fromNs, toNs }: { readonly fromNs: number; readonly toNs: number },
): { readonly loads: number; readonly perSecond: number } {
  const loads = record.count('origin', {
    atNs: { from: Math.round(fromNs), below: Math.round(toNs) },
  });
  return { loads, perSecond: toNs > fromNs ? loads / ((toNs - fromNs) / 1e9) : 0 };
}

function perSecond(rate: number): string {
  return `${rate.toFixed(1)} a second`;
}
