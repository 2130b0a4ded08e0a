import type { CheckedFinding, Verdict } from '../harness/model/finding.ts';
import type { Plan } from '../harness/model/plan.ts';
import type { RunRow, ShownRow } from '../harness/model/rows.ts';
import type { RecordReader } from '../harness/record/reader.ts';
import { faultWords } from './fault-words.ts';
import type {
  FaultSummary,
  FloodSummary,
  LeakedPicture,
  LeakSummary,
  NamedValue,
  Person,
  PhaseSummary,
  ReportFile,
  RunHeader,
  RunSummary,
  SelfAudit,
} from './summary.ts';
import { timelineOf } from './timeline.ts';

export interface SummariseOptions {
  readonly verdict: Verdict;
  readonly selfAudit?: SelfAudit | null;
  /** The command that runs the same plan again; made from the record's header when it is absent or empty. */
  readonly replay?: string;
  readonly reports?: readonly ReportFile[];
}

/**
 * All that the reports print of one record. Reads aggregates and a bounded number of rows, so its memory does not grow with the
 * record. Throws RecordError when the record is not what it promises to be.
 */
export function summarise(record: RecordReader, options: SummariseOptions): RunSummary {
  const { verdict, selfAudit = null, replay = '', reports = [] } = options;
  const run = record.run();
  const plan = record.plan();
  const phases = phasesOf(record);
  const faults = faultsOf(record);
  const floods = floodsOf(record);
  const leaked = leakedRows(record, verdict);
  const spans = [...phases, ...faults, ...floods];
  const endMs = Math.max(0, ...spans.map(({ fromMs, toMs }) => toMs ?? fromMs));
  const timeline = timelineOf(record, {
    endMs,
    leakedAtMs: leaked.map(({ shownNs }) => ms(shownNs)),
  });
  return {
    run: headerOf(run, plan, endMs),
    verdict,
    phases,
    faults,
    timeline,
    leaks: leaksOf(record, { plan, leaked, verdict }),
    floods,
    attribution: [],
    selfAudit,
    replay: replay === '' ? replayOf(run, plan) : replay,
    record: record.path,
    reports,
  };
}

/** Pictures that a summary carries; a page shows at most as many. */
const PICTURES_MAX = 60;
/** Parameters of one query; SQLite allows 32,766. */
const IDS_MAX = 10_000;

function headerOf(run: RunRow, plan: Plan, durationMs: number): RunHeader {
  const { users, devices } = plan.population;
  const environment = environmentOf(run.environment);
  const canaries = users.filter(({ role }) => role === 'canary').length;
  return {
    scenario: run.scenario,
    seed: run.seed,
    target: run.target,
    targetVersion: run.targetVersion,
    cache: run.cache,
    state: run.state,
    reason: run.reason,
    startedAt: run.startedAt,
    durationMs,
    cameras: devices.length,
    users: users.length - canaries,
    canaries,
    versions: environment.filter(({ name }) => VERSIONS.has(name)),
    circumstances: environment.filter(({ name }) => !VERSIONS.has(name)),
  };
}

/** What the environment of a record calls the things that have a version. */
const VERSIONS: ReadonlySet<string> = new Set(['node', 'crosswire', 'system']);

/** The environment's fields in their order; a list is joined, and one that is not a JSON object is no environment. */
function environmentOf(json: string): readonly NamedValue[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return [];
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return [];
  return Object.entries(parsed).map(([name, value]) => ({ name, value: valueWords(value) }));
}

function valueWords(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueWords).join(', ');
  return JSON.stringify(value);
}

function phasesOf(record: RecordReader): readonly PhaseSummary[] {
  return record.phases().map(({ name, fromNs, toNs }) => ({
    name,
    fromMs: ms(fromNs),
    toMs: toNs === null ? null : ms(toNs),
  }));
}

function faultsOf(record: RecordReader): readonly FaultSummary[] {
  return record
    .faults()
    .map((row) => {
      const { says, kind } = faultWords(row);
      const toMs = row.offNs === null ? null : ms(row.offNs);
      return { faultId: row.faultId, says, kind, fromMs: ms(row.onNs), toMs, bit: row.bit };
    })
    .sort((one, other) => one.fromMs - other.fromMs);
}

function floodsOf(record: RecordReader): readonly FloodSummary[] {
  return record.floods().map((row) => ({
    fromMs: ms(row.fromNs),
    toMs: ms(row.toNs),
    requests: row.requests,
    errors: row.errors,
    non2xx: row.non2xx,
    latencyMsP50: row.latencyMsP50,
    latencyMsP99: row.latencyMsP99,
  }));
}

/** The rows that the violations of `own-data-only` cite, in the order they were shown. */
function leakedRows(record: RecordReader, verdict: Verdict): readonly ShownRow[] {
  const ids = ownData(verdict)?.violations.flatMap(({ evidence }) =>
    evidence.filter(({ table }) => table === 'shown').map(({ id }) => id),
  );
  if (ids === undefined || ids.length === 0) return [];
  const rows = [...record.shown({ id: [...new Set(ids)].slice(0, IDS_MAX) })];
  return rows.sort((one, other) => one.shownNs - other.shownNs);
}

function leaksOf(
  record: RecordReader,
  {
    plan,
    leaked,
    verdict,
  }: Pick<SummariseOptions, 'verdict'> & {
    readonly plan: Plan;
    readonly leaked: readonly ShownRow[];
  },
): LeakSummary {
  const names = namesOf(plan);
  const pictures: LeakedPicture[] = [];
  for (const row of leaked) {
    if (pictures.length === PICTURES_MAX) break;
    const evidence = row.surface === 'list' ? undefined : record.evidenceFor(row.id);
    if (evidence === undefined) continue;
    pictures.push({
      viewer: names(row.viewerId),
      owner: row.ownerId === null ? null : names(row.ownerId),
      device: row.deviceId === null ? null : names(row.deviceId),
      askedEventId: row.askedEventId,
      surface: row.surface,
      state: row.state,
      atMs: ms(row.shownNs),
      shown: evidence.shown,
      asked: evidence.asked,
    });
  }
  return { total: ownData(verdict)?.count ?? 0, marked: leaked.length, pictures };
}

function ownData({
  findings,
}: Verdict): Extract<CheckedFinding, { readonly outcome: 'fail' }> | undefined {
  const finding = findings.find(({ check }) => check === 'own-data-only');
  return finding?.outcome === 'fail' ? finding : undefined;
}

function namesOf({ population }: Plan): (id: string) => Person {
  const names = new Map([
    ...population.users.map(({ userId, name }) => [userId, name] as const),
    ...population.devices.map(({ deviceId, name }) => [deviceId, name] as const),
  ]);
  return (id) => ({ id, name: names.get(id) ?? null });
}

/** Says how many cameras and users there were, since a record does not know what is the default. */
function replayOf(run: RunRow, { population }: Plan): string {
  return [
    'npx crosswire run',
    run.scenario,
    `--target ${run.target}@${run.targetVersion}`,
    `--seed ${String(run.seed)}`,
    `--cameras ${String(population.devices.length)}`,
    `--users ${String(population.users.length)}`,
  ].join(' ');
}

function ms(nanoseconds: number): number {
  return nanoseconds / 1e6;
}
