import type { OpOutcome } from '../harness/model/rows.ts';
import type { RecordReader } from '../harness/record/reader.ts';
import type { LatencyColumns, Timeline } from './summary.ts';

/** The timeline of a record in at most 600 buckets, of 100 ms or a round multiple of it, however long the run was. */
export function timelineOf(
  record: RecordReader,
  { endMs, leakedAtMs }: { readonly endMs: number; readonly leakedAtMs: readonly number[] },
): Timeline {
  const bucketMs = bucketMsFor(endMs);
  const bucketNs = bucketMs * 1e6;
  const count = Math.max(1, Math.ceil(endMs / bucketMs));
  // What a record puts after the end of the last phase is left to the last bucket, so that nothing goes missing.
  const place = (atMs: number): number =>
    Math.min(count - 1, Math.max(0, Math.floor(atMs / bucketMs)));
  const placeNs = (atNs: number): number => place(atNs / 1e6);
  const cameras = record.camerasPerBucket(bucketNs);
  return {
    bucketMs,
    atMs: Array.from({ length: count }, (_, index) => index * bucketMs),
    requests: requestColumns(record, { bucketNs, count, placeNs }),
    latencyMs: latencyColumns(record, { bucketNs, count, placeNs }),
    camerasConnected: Array.from(
      { length: count },
      (_, index) => (cameras[index] ?? cameras.at(-1))?.connected ?? 0,
    ),
    cameraAttempts: sums(
      count,
      cameras.map(({ fromNs, attempts }) => [placeNs(fromNs), attempts]),
    ),
    originLoads: sums(
      count,
      ones(record.rows('origin', ['atNs']), ({ atNs }) => placeNs(atNs)),
    ),
    leaks: sums(
      count,
      leakedAtMs.map((atMs) => [place(atMs), 1]),
    ),
  };
}

const BUCKETS_MAX = 600;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 300, 600];

function bucketMsFor(endMs: number): number {
  const step = STEPS.find((factor) => endMs / (factor * 100) <= BUCKETS_MAX);
  return step === undefined ? Math.ceil(endMs / BUCKETS_MAX / 60_000) * 60_000 : step * 100;
}

interface Grid {
  readonly bucketNs: number;
  readonly count: number;
  readonly placeNs: (atNs: number) => number;
}

function requestColumns(
  record: RecordReader,
  { bucketNs, count, placeNs }: Grid,
): Timeline['requests'] {
  const buckets = record.opsPerBucket(bucketNs);
  const column = (outcome: OpOutcome): readonly number[] =>
    sums(
      count,
      buckets.map(({ fromNs, counts }) => [placeNs(fromNs), counts[outcome]]),
    );
  return {
    ok: column('ok'),
    refused: column('refused'),
    failed: column('failed'),
    expired: column('expired'),
    unsent: column('unsent'),
    'wrong-echo': column('wrong-echo'),
  };
}

function latencyColumns(
  record: RecordReader,
  { bucketNs, count, placeNs }: Grid,
): Timeline['latencyMs'] {
  const buckets = new Map(
    record.latencyPerBucket(bucketNs).map((bucket) => [placeNs(bucket.fromNs), bucket]),
  );
  const columns = (which: 'fromIntended' | 'fromSent'): LatencyColumns => {
    const values = (percentile: 'p50Ns' | 'p99Ns'): readonly (number | null)[] =>
      Array.from({ length: count }, (_, index) => {
        const bucket = buckets.get(index);
        return bucket === undefined ? null : Math.round(bucket[which][percentile] / 1e4) / 100;
      });
    return { p50: values('p50Ns'), p99: values('p99Ns') };
  };
  return { intended: columns('fromIntended'), sent: columns('fromSent') };
}

function sums(
  count: number,
  entries: Iterable<readonly [place: number, amount: number]>,
): readonly number[] {
  const column = Array.from({ length: count }, () => 0);
  for (const [place, amount] of entries) column[place] = (column[place] ?? 0) + amount;
  return column;
}

function* ones<Row>(
  rows: Iterable<Row>,
  placeOf: (row: Row) => number,
): Iterable<readonly [number, number]> {
  for (const row of rows) yield [placeOf(row), 1];
}
