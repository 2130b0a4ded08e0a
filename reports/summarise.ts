import type { Attribution } from '../harness/model/attribution.ts';
import type { CheckedFinding, Verdict } from '../harness/model/finding.ts';
import type { Plan } from '../harness/model/plan.ts';
import type { RunRow, ShownRow } from '../harness/model/rows.ts';
import type { RecordReader } from '../harness/record/reader.ts';
import { type Environment, environmentOf } from './environment.ts';
import { faultWords } from './fault-words.ts';
import { scaledTo } from './fleet.ts';
import type {
  FaultSummary,
  FloodSummary,
  LeakedPicture,
  LeakSummary,
  Person,
  PhaseSummary,
  ReportFile,
  RunHeader,
  RunSummary,
} from './summary.ts';
import { timelineOf } from './timeline.ts';

export interface SummariseOptions {
  readonly verdict: Verdict;
  /** Who bound the wrong values first; absent when that was not asked. */
  readonly attribution?: Attribution;
  readonly reports?: readonly ReportFile[];
  /** How many users to scale the blast radius to. */
  readonly fleet?: number | undefined;
}

/**
 * All that the reports print of one record. Reads aggregates and a bounded number of rows, so its memory does not grow with the
 * record. The replay line and the self-audit are what the record's environment says of them. Throws RecordError when the record is not
 * what it promises to be.
 */
export function summarise(record: RecordReader, options: SummariseOptions): RunSummary {
  const { verdict, attribution = null, reports = [], fleet } = options;
  const run = record.run();
  const plan = record.plan();
  const environment = environmentOf(run.environment);
  const phases = phasesOf(record);
  const faults = faultsOf(record);
  const floods = floodsOf(record);
  const leaked = leakedRows(record, verdict);
  const spans = [...phases, ...faults, ...floods];
  const endMs = Math.max(0, ...spans.map(({ fromMs, toMs }) => toMs ?? fromMs));
  const header = headerOf(run, plan, { environment, durationMs: endMs });
  return {
    run: header,
    verdict,
    fleet: fleet === undefined ? null : scaledTo(fleet, verdict.blastRadius),
    phases,
    faults,
    timeline: timelineOf(record, { endMs, leakedAtMs: leaked.map(({ shownNs }) => ms(shownNs)) }),
    leaks: leaksOf(record, { plan, leaked, verdict }),
    floods,
    attribution,
    selfAudit: environment.selfAudit,
    replay: environment.replay ?? replayOf(header),
    record: record.path,
    reports,
  };
}

/** Pictures that a summary carries; a page shows at most as many. */
const PICTURES_MAX = 60;
/** Parameters of one query; SQLite allows 32,766. */
const IDS_MAX = 10_000;

function headerOf(
  run: RunRow,
  { population }: Plan,
  { environment, durationMs }: { readonly environment: Environment; readonly durationMs: number },
): RunHeader {
  const canaries = new Set(
    population.users.filter(({ role }) => role === 'canary').map(({ userId }) => userId),
  );
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
    cameras: population.devices.filter(({ ownerId }) => !canaries.has(ownerId)).length,
    users: population.users.length - canaries.size,
    canaries: canaries.size,
    versions: environment.versions,
    circumstances: environment.circumstances,
  };
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

/** For a record that keeps no replay line. Says how many cameras and users there were, since it does not know what is the default. */
function replayOf({ scenario, seed, target, targetVersion, cameras, users }: RunHeader): string {
  const what = `${scenario} --target ${target}@${targetVersion} --seed ${String(seed)}`;
  return `npx crosswire run ${what} --cameras ${String(cameras)} --users ${String(users)}`;
}

function ms(nanoseconds: number): number {
  return nanoseconds / 1e6;
}
