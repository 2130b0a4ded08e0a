import { environmentOf } from '../../reports/environment.ts';
import type { LatencyPair, Measures } from '../../reports/scorecard.ts';
import { scorecardRules } from '../../reports/scorecard-rules.ts';
import type { OpRow } from '../model/rows.ts';
import { originLoadsOf } from '../oracle/origin-load.ts';
import type { RecordReader } from '../record/reader.ts';

/** What a record says of how a target fared, beside the verdict. What it does not say is null. docs/scorecard-rules.md defines each. */
export function measuresOf(record: RecordReader): Measures {
  const requests = requestsOf(record);
  const sent = requests.filter(({ sentNs }) => sentNs !== null);
  const { backend } = environmentOf(record.run().environment);
  const { all, ideal } = originLoadsOf(record);
  return {
    requests: sent.length,
    errors: sent.filter(({ outcome }) => outcome !== 'ok').length,
    blends: record.count('shown', { canary: false, swapped: false, state: 'blended' }),
    recovery: recoveryOf(requests.filter(isRead), healedNsOf(record)),
    latencyMs: {
      warm: latencyIn(requests, phaseOf(record, 'warm')),
      calm: latencyIn(requests, phaseOf(record, 'calm')),
    },
    origin: all === 0 ? null : { loads: all, ideal },
    processorMs: backend?.processorMs ?? null,
    memoryBytesMost: backend?.memoryBytesMost ?? null,
  };
}

const columns = [
  'kind',
  'intendedNs',
  'sentNs',
  'doneNs',
  'outcome',
] as const satisfies readonly (keyof OpRow)[];

type Request = Pick<OpRow, (typeof columns)[number]>;

/** Of people with a session; canaries are the harness' own. */
function requestsOf(record: RecordReader): readonly Request[] {
  return [
    ...record.rows('op', columns, { actorKind: 'viewer', canary: false, credential: 'session' }),
  ];
}

const readKinds: ReadonlySet<OpRow['kind']> = new Set(['list', 'thumbnails', 'enlarge', 'clip']);

function isRead({ kind }: Request): boolean {
  return readKinds.has(kind);
}

/** When the last fault of a service was healed or, in a plan without one, the last fault of the wire. Null when none was. */
function healedNsOf(record: RecordReader): number | null {
  const kinds = new Map(
    record
      .plan()
      .steps.flatMap((step) =>
        step.type === 'fault-on' ? [[step.faultId, step.fault.kind] as const] : [],
      ),
  );
  const faults = record.faults();
  const ofServices = faults.filter(({ faultId }) => kinds.get(faultId) !== 'wire');
  const healed = (ofServices.length > 0 ? ofServices : faults).flatMap(({ offNs }) =>
    offNs === null ? [] : [offNs],
  );
  return healed.length === 0 ? null : Math.max(...healed);
}

/**
 * From the heal to the first window in which reads are served again: enough of those that were wanted in it succeed, each within a
 * second. A window in which hardly anything was wanted says nothing.
 */
function recoveryOf(reads: readonly Request[], healedNs: number | null): Measures['recovery'] {
  if (healedNs === null) return null;
  const { windowMs, readsMin, servedShareMin, withinMs } = scorecardRules.recovery;
  const windows: { reads: number; served: number }[] = [];
  for (const { intendedNs, doneNs, outcome } of reads) {
    if (intendedNs < healedNs) continue;
    const index = Math.floor((intendedNs - healedNs) / (windowMs * 1e6));
    const window = (windows[index] ??= { reads: 0, served: 0 });
    window.reads += 1;
    const inTime = doneNs !== null && doneNs - intendedNs <= withinMs * 1e6;
    if (outcome === 'ok' && inTime) window.served += 1;
  }
  let examined = 0;
  for (let index = 0; index < windows.length; index += 1) {
    const { reads: wanted, served } = windows[index] ?? { reads: 0, served: 0 };
    if (wanted < readsMin) continue;
    examined += 1;
    if (served >= servedShareMin * wanted) return { ms: index * windowMs };
  }
  return examined === 0 ? null : { ms: 'never' };
}

interface Span {
  readonly fromNs: number;
  readonly toNs: number;
}

function phaseOf(record: RecordReader, name: string): Span | null {
  const phase = record.phases().find((each) => each.name === name);
  return phase === undefined || phase.toNs === null
    ? null
    : { fromNs: phase.fromNs, toNs: phase.toNs };
}

/** From the intended moment to the answer, of requests that were answered with what they asked for. */
function latencyIn(requests: readonly Request[], span: Span | null): LatencyPair | null {
  if (span === null) return null;
  const answered = requests.flatMap(({ intendedNs, doneNs, outcome }) =>
    outcome === 'ok' && doneNs !== null && intendedNs >= span.fromNs && intendedNs < span.toNs
      ? [(doneNs - intendedNs) / 1e6]
      : [],
  );
  if (answered.length < scorecardRules.latencySamplesMin) return null;
  const sorted = Float64Array.from(answered).toSorted();
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
