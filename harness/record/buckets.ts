import type { SQLOutputValue } from 'node:sqlite';
import type { OpOutcome, OpRow } from '../model/rows.ts';
import { RecordError } from './record-error.ts';

/** One bucket of time, in nanoseconds from the start of the run. */
export interface OpBucket {
  readonly fromNs: number;
  readonly counts: Readonly<Record<OpOutcome, number>>;
}

export interface LatencyBucket {
  readonly fromNs: number;
  readonly count: number;
  /** From the moment at which the plan wanted the request sent, as a user feels it. */
  readonly fromIntended: Latency;
  /** From the moment at which it was sent, as the server sees it. */
  readonly fromSent: Latency;
}

/** Nanoseconds, within 0.4 %. */
export interface Latency {
  readonly p50Ns: number;
  readonly p99Ns: number;
}

export interface CameraBucket {
  readonly fromNs: number;
  /** At the end of the bucket. */
  readonly connected: number;
  /** Attempts that began within the bucket. */
  readonly attempts: number;
  /** Of those, attempts that did not lead to a connection. */
  readonly unsuccessful: number;
}

/** A query of the record, its rows as arrays. */
export type Query = (
  sql: string,
  values: readonly number[],
) => readonly (readonly SQLOutputValue[])[];

/** A chart with more is not readable, and a hostile time would ask for as many as it likes. */
const bucketsMax = 100_000;

/** Requests of those who may ask; that others are refused is no trouble of the cloud's. */
export function opsPerBucket(query: Query, bucketNs: number): readonly OpBucket[] {
  checkWidth(bucketNs);
  const counted = query(
    `SELECT intended_ns / CAST(? AS INTEGER) AS bucket, outcome, COUNT(*) FROM op
       WHERE credential = 'session' GROUP BY 1, 2`,
    [bucketNs],
  );
  const buckets = denseBuckets(counted, () => ({
    ok: 0,
    refused: 0,
    failed: 0,
    expired: 0,
    unsent: 0,
    'wrong-echo': 0,
  }));
  for (const [bucket, outcome, count] of counted) {
    const counts = buckets[Number(bucket)];
    if (counts !== undefined && isOutcome(outcome)) counts[outcome] += Number(count);
  }
  return buckets.map((counts, index) => ({ fromNs: index * bucketNs, counts }));
}

export function camerasPerBucket(query: Query, bucketNs: number): readonly CameraBucket[] {
  checkWidth(bucketNs);
  const changes = query(
    `SELECT started_ns / CAST(?1 AS INTEGER), 0, COUNT(*), SUM(outcome <> 'connected')
       FROM camera WHERE started_ns IS NOT NULL GROUP BY 1
     UNION ALL
     SELECT told_ns / CAST(?1 AS INTEGER), COUNT(*), 0, 0
       FROM camera WHERE outcome = 'connected' AND told_ns IS NOT NULL GROUP BY 1
     UNION ALL
     SELECT closed_ns / CAST(?1 AS INTEGER), -COUNT(*), 0, 0
       FROM camera WHERE outcome = 'connected' AND told_ns IS NOT NULL AND closed_ns IS NOT NULL GROUP BY 1`,
    [bucketNs],
  );
  const buckets = denseBuckets(changes, () => ({ change: 0, attempts: 0, unsuccessful: 0 }));
  for (const [bucket, change, attempts, unsuccessful] of changes) {
    const sums = buckets[Number(bucket)];
    if (sums === undefined) continue;
    sums.change += Number(change);
    sums.attempts += Number(attempts);
    sums.unsuccessful += Number(unsuccessful);
  }
  let connected = 0;
  return buckets.map(({ change, attempts, unsuccessful }, index) => {
    connected += change;
    return { fromNs: index * bucketNs, connected, attempts, unsuccessful };
  });
}

export function latencyPerBucket(
  ops: Iterable<Pick<OpRow, 'intendedNs' | 'sentNs' | 'doneNs'>>,
  bucketNs: number,
): readonly LatencyBucket[] {
  checkWidth(bucketNs);
  const buckets = new Map<number, { readonly intended: Histogram; readonly sent: Histogram }>();
  for (const { intendedNs, sentNs, doneNs } of ops) {
    if (sentNs === null || doneNs === null) continue;
    const bucket = Math.floor(intendedNs / bucketNs);
    let pair = buckets.get(bucket);
    if (pair === undefined) {
      pair = { intended: new Map(), sent: new Map() };
      buckets.set(bucket, pair);
      if (buckets.size > bucketsMax) throw tooMany();
    }
    addTo(pair.intended, doneNs - intendedNs);
    addTo(pair.sent, doneNs - sentNs);
  }
  return [...buckets]
    .sort(([one], [other]) => one - other)
    .map(([bucket, { intended, sent }]) => ({
      fromNs: bucket * bucketNs,
      count: [...intended.values()].reduce((sum, count) => sum + count, 0),
      fromIntended: latencyOf(intended),
      fromSent: latencyOf(sent),
    }));
}

/** How often each class of latencies was seen. Classes are 1/128 of an octave's width, so memory does not grow with the rows. */
type Histogram = Map<number, number>;

const classesPerOctave = 128;

function addTo(histogram: Histogram, latencyNs: number): void {
  const index = classOf(Math.max(1, latencyNs));
  histogram.set(index, (histogram.get(index) ?? 0) + 1);
}

function classOf(value: number): number {
  const octave = Math.floor(Math.log2(value));
  return octave * classesPerOctave + Math.floor((value / 2 ** octave - 1) * classesPerOctave);
}

/** The middle of a class. */
function valueOf(index: number): number {
  const octave = Math.floor(index / classesPerOctave);
  const place = index - octave * classesPerOctave;
  return Math.round(2 ** octave * (1 + (place + 0.5) / classesPerOctave));
}

function latencyOf(histogram: Histogram): Latency {
  const classes = [...histogram].sort(([one], [other]) => one - other);
  const total = classes.reduce((sum, [, count]) => sum + count, 0);
  return { p50Ns: percentile(classes, total * 0.5), p99Ns: percentile(classes, total * 0.99) };
}

function percentile(classes: readonly (readonly [number, number])[], rank: number): number {
  let seen = 0;
  for (const [index, count] of classes) {
    seen += count;
    if (seen >= rank) return valueOf(index);
  }
  return 0;
}

function denseBuckets<Sums>(
  counted: readonly (readonly SQLOutputValue[])[],
  empty: () => Sums,
): Sums[] {
  const last = counted.reduce((most, [bucket]) => Math.max(most, Number(bucket)), -1);
  if (last >= bucketsMax) throw tooMany();
  return Array.from({ length: last + 1 }, empty);
}

function checkWidth(bucketNs: number): void {
  if (Number.isSafeInteger(bucketNs) && bucketNs > 0) return;
  throw new RangeError(`a bucket is a whole number of nanoseconds above 0, got ${bucketNs}`);
}

function tooMany(): RecordError {
  return new RecordError(
    'malformed',
    `the record spans more than ${bucketsMax} buckets of time: ask for wider ones`,
  );
}

function isOutcome(value: SQLOutputValue | undefined): value is OpOutcome {
  return typeof value === 'string' && outcomes.has(value);
}

const outcomes: ReadonlySet<string> = new Set<OpOutcome>([
  'ok',
  'refused',
  'failed',
  'expired',
  'unsent',
  'wrong-echo',
]);
