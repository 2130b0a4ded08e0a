import type { Attribution, Hop } from '../harness/model/attribution.ts';
import type { BlastRadius, CheckedFinding, CheckName, Outcome } from '../harness/model/finding.ts';
import type { FleetEstimate } from './fleet.ts';
import { incident } from './incident.ts';
import type { RunSummary } from './summary.ts';
import type { WhatIf } from './what-if.ts';

/** The object of `crosswire run --json`; `run.schema.json` beside this file describes it. */
export interface RunJson {
  readonly verdict: Outcome;
  readonly scenario: string;
  readonly target: { readonly name: string; readonly version: string };
  /** Which service really served. */
  readonly cache: string;
  readonly seed: number;
  readonly findings: readonly FindingJson[];
  readonly blastRadius: BlastRadiusJson;
  readonly attribution: readonly HopJson[];
  /** Path of the record. */
  readonly record: string;
  /** Path of each report that was written, by its format. */
  readonly reports: Readonly<Record<string, string>>;
}

type BlastRadiusJson = BlastRadius & {
  /** The figures of the incident of February 2024, for comparison. */
  readonly incident: typeof incident;
  /** Scaled to the fleet of `--fleet`; null without it. */
  readonly fleet: FleetEstimate | null;
};

interface HopJson {
  readonly hop: Hop;
  /** Violations that were first wrong there. */
  readonly count: number;
  /** One of them, told step by step. */
  readonly story: readonly string[];
}

interface FindingJson {
  readonly check: CheckName;
  readonly outcome: Outcome;
  /** How many things were looked at; null when the check came to no result. */
  readonly examined: number | null;
  /** How many of them were wrong; null when the check came to no result. */
  readonly violations: number | null;
  /** With 95 % confidence the true share of wrong ones is below this; null unless the check passed. */
  readonly upperBound95: number | null;
}

export function toRunJson(summary: RunSummary): RunJson {
  const { run, verdict } = summary;
  return {
    verdict: verdict.outcome,
    scenario: run.scenario,
    target: { name: run.target, version: run.targetVersion },
    cache: run.cache,
    seed: run.seed,
    findings: verdict.findings.map(toFindingJson),
    blastRadius: toBlastRadiusJson(verdict.blastRadius, summary.fleet),
    attribution: toAttributionJson(summary.attribution),
    record: summary.record,
    reports: Object.fromEntries(summary.reports.map(({ format, path }) => [format, path])),
  };
}

/** The object as text, indented, with a final line end. */
export function renderJson(summary: RunSummary, whatIf: WhatIf | null = null): string {
  const run = toRunJson(summary);
  return `${JSON.stringify(whatIf === null ? run : { ...run, whatIf }, null, 2)}\n`;
}

function toAttributionJson(attribution: Attribution | null): readonly HopJson[] {
  return (attribution?.hops ?? []).map(({ hop, count }) => ({
    hop,
    count,
    story: attribution?.stories.find((story) => story.hop === hop)?.steps ?? [],
  }));
}

function toFindingJson(finding: CheckedFinding): FindingJson {
  const { check, outcome } = finding;
  switch (finding.outcome) {
    case 'pass': {
      const { examined, upperBound95 } = finding;
      return { check, outcome, examined, violations: 0, upperBound95 };
    }
    case 'fail': {
      const { examined, count } = finding;
      return { check, outcome, examined, violations: count, upperBound95: null };
    }
    case 'inconclusive':
      return { check, outcome, examined: null, violations: null, upperBound95: null };
    default:
      return finding satisfies never;
  }
}

/** Field by field, so that what a later model adds does not slip past the schema. */
function toBlastRadiusJson(blastRadius: BlastRadius, fleet: FleetEstimate | null): BlastRadiusJson {
  return {
    users: blastRadius.users,
    usersReceived: blastRadius.usersReceived,
    usersReceivedPictures: blastRadius.usersReceivedPictures,
    usersTapped: blastRadius.usersTapped,
    videosPlayed: blastRadius.videosPlayed,
    usersExposed: blastRadius.usersExposed,
    strangersPerExposedUser: blastRadius.strangersPerExposedUser,
    usersAffected: blastRadius.usersAffected,
    usersAffectedShare: blastRadius.usersAffectedShare,
    firstAtMs: blastRadius.firstAtMs,
    lastAtMs: blastRadius.lastAtMs,
    stillLeakingAfterCalm: blastRadius.stillLeakingAfterCalm,
    incident,
    fleet,
  };
}
