import type { OpOutcome } from '../model/rows.ts';

/** What the fleet says of itself once a second. Counts are of the time since the last one, but for `camerasConnected`. */
export interface FleetProgress {
  readonly camerasConnected: number;
  readonly ok: number;
  readonly refused: number;
  /** Failed, expired or wrongly echoed. */
  readonly failed: number;
  /** Planned visits and requests that the generator could not send. */
  readonly unsent: number;
  readonly picturesChecked: number;
  /** Pictures whose bytes were not, whole, those of the event asked for. What the harness swapped itself is left out. */
  readonly suspicious: number;
  /** How late requests were sent and cameras dialled, 99th percentile in milliseconds; 0 when there were none. */
  readonly lateMsP99: number;
}

/** Counters of one fleet, and nothing else: deciding what to count is left to those who know. */
export interface Tally {
  cameraConnected(): void;
  cameraGone(): void;
  request(outcome: OpOutcome, lateNs: number): void;
  /** A camera has dialled, so long after the moment that it had planned. */
  dialled(lateNs: number): void;
  picture(suspicious: boolean): void;
  /** Counts since the last call. */
  progress(): FleetProgress;
  /** Counts since the start. */
  total(): FleetProgress;
}

export function tally(): Tally {
  let camerasConnected = 0;
  const total = counts();
  let recent = counts();
  const late = (lateNs: number): void => {
    const bucket = bucketOf(lateNs / 1e6);
    for (const each of [total, recent]) each.late[bucket] = (each.late[bucket] ?? 0) + 1;
  };
  return {
    cameraConnected: () => void (camerasConnected += 1),
    cameraGone: () => void (camerasConnected -= 1),
    request: (outcome, lateNs) => {
      for (const each of [total, recent]) each[classOf(outcome)] += 1;
      if (outcome !== 'unsent') late(lateNs);
    },
    dialled: late,
    picture: (suspicious) => {
      for (const each of [total, recent]) {
        each.picturesChecked += 1;
        each.suspicious += suspicious ? 1 : 0;
      }
    },
    progress: () => {
      const said = progressOf(recent, camerasConnected);
      recent = counts();
      return said;
    },
    total: () => progressOf(total, camerasConnected),
  };
}

interface Counts {
  ok: number;
  refused: number;
  failed: number;
  unsent: number;
  picturesChecked: number;
  suspicious: number;
  /** How many were late by the milliseconds of each bucket. */
  readonly late: number[];
}

function counts(): Counts {
  return { ok: 0, refused: 0, failed: 0, unsent: 0, picturesChecked: 0, suspicious: 0, late: [] };
}

function classOf(outcome: OpOutcome): 'ok' | 'refused' | 'failed' | 'unsent' {
  switch (outcome) {
    case 'ok':
    case 'refused':
    case 'unsent':
    case 'failed':
      return outcome;
    case 'expired':
    case 'wrong-echo':
      return 'failed';
    default:
      return outcome satisfies never;
  }
}

function progressOf({ late, ...rest }: Counts, camerasConnected: number): FleetProgress {
  return { camerasConnected, ...rest, lateMsP99: percentileMs(late, 0.99) };
}

/** Each bucket is a twentieth wider than the one before, so a percentile is right to 5 %, whatever its size. */
const growth = Math.log(1.05);

function bucketOf(lateMs: number): number {
  return Math.round(Math.log1p(Math.max(0, lateMs)) / growth);
}

function percentileMs(buckets: readonly number[], share: number): number {
  // The array has holes: buckets that nothing fell into.
  const all = buckets.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (let bucket = 0; bucket < buckets.length; bucket += 1) {
    seen += buckets[bucket] ?? 0;
    if (all > 0 && seen >= all * share) return Math.round(Math.expm1(bucket * growth) * 100) / 100;
  }
  return 0;
}
