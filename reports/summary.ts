import type { Attribution } from '../harness/model/attribution.ts';
import type { Verdict } from '../harness/model/finding.ts';
import type { OpOutcome, RunRow, ShownRow } from '../harness/model/rows.ts';
import type { FleetEstimate } from './fleet.ts';

/**
 * Everything that any report prints of one run, as plain values. `summarise` makes it from a record; every report is a
 * pure function of it. Times are milliseconds from the start of the run.
 */
export interface RunSummary {
  readonly run: RunHeader;
  readonly verdict: Verdict;
  /** The blast radius scaled to a fleet; null when none was named. */
  readonly fleet: FleetEstimate | null;
  readonly phases: readonly PhaseSummary[];
  readonly faults: readonly FaultSummary[];
  readonly timeline: Timeline;
  readonly leaks: LeakSummary;
  /** The unchecked flood's own figures, one a flood step. */
  readonly floods: readonly FloodSummary[];
  /** Where the wrong values were bound first, as far as forensics tells. Null when it was not asked. */
  readonly attribution: Attribution | null;
  /** What the run before this one showed of a version with a known bug; null when there was none. */
  readonly selfAudit: SelfAudit | null;
  /** The command that runs the same plan again. */
  readonly replay: string;
  /** Path of the record. */
  readonly record: string;
  /** Paths of the reports that were written, in the order written. */
  readonly reports: readonly ReportFile[];
}

export interface RunHeader {
  readonly scenario: string;
  readonly seed: number;
  readonly target: string;
  readonly targetVersion: string;
  /** Which service really served, for example `redis-server 7.0.15 (own process)`. */
  readonly cache: string;
  readonly state: RunRow['state'];
  /** Why the record is not whole; empty when it is. */
  readonly reason: string;
  /** Wall clock, ISO 8601. For people only. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly cameras: number;
  /** Users without the canaries. */
  readonly users: number;
  readonly canaries: number;
  /** Name and version of node, crosswire and the operating system, and whatever else the record names. */
  readonly versions: readonly NamedValue[];
  /** Other circumstances of the run, for example which mitigations were on. */
  readonly circumstances: readonly NamedValue[];
}

export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

export interface PhaseSummary {
  readonly name: string;
  readonly fromMs: number;
  /** Null when the run ended within it. */
  readonly toMs: number | null;
}

export interface FaultSummary {
  readonly faultId: string;
  /** What it does, in words: `cache killed`, `connection cut after 2 replies of a pipeline (RST)`. */
  readonly says: string;
  /** Faults that say the same here share a row of the chart. */
  readonly kind: string;
  readonly fromMs: number;
  /** Null when it was never healed. */
  readonly toMs: number | null;
  /** How often it acted. */
  readonly bit: number;
}

/** Columns of equal length, one entry a bucket. Null where a bucket holds no sample. */
export interface Timeline {
  readonly bucketMs: number;
  /** Start of each bucket. */
  readonly atMs: readonly number[];
  /** Requests that the plan wanted sent in the bucket, by how they ended. */
  readonly requests: Readonly<Record<OpOutcome, readonly number[]>>;
  readonly latencyMs: {
    /** From the moment the plan wanted it sent. */
    readonly intended: LatencyColumns;
    /** From the moment it was sent. */
    readonly sent: LatencyColumns;
  };
  /** Cameras that hold a connection at the end of the bucket. */
  readonly camerasConnected: readonly number[];
  /** Attempts to connect that began in the bucket. */
  readonly cameraAttempts: readonly number[];
  /** Loads from the source of truth. */
  readonly originLoads: readonly number[];
  /** Pictures and list entries of strangers that were shown. */
  readonly leaks: readonly number[];
}

export interface LatencyColumns {
  readonly p50: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
}

export interface LeakSummary {
  /** All pictures and list entries of strangers that were shown, canaries left out. */
  readonly total: number;
  /** How many of them, the earliest cited, the timeline marks. */
  readonly marked: number;
  /** The first of them for which the record keeps the bytes. */
  readonly pictures: readonly LeakedPicture[];
}

/** One picture that was shown to a stranger, beside the one that was asked for. Bytes are JPEGs as they were served. */
export interface LeakedPicture {
  readonly viewer: Person;
  /** Whose it is; null when the bytes do not say. */
  readonly owner: Person | null;
  readonly device: Person | null;
  readonly askedEventId: string | null;
  readonly surface: ShownRow['surface'];
  readonly state: ShownRow['state'];
  readonly atMs: number;
  readonly shown: Uint8Array;
  /** Null when it cannot be known what should have been shown. */
  readonly asked: Uint8Array | null;
}

/** A user or a device: its id, and the name that is drawn into the pictures where the plan knows one. */
export interface Person {
  readonly id: string;
  readonly name: string | null;
}

export interface FloodSummary {
  readonly fromMs: number;
  readonly toMs: number;
  readonly requests: number;
  readonly errors: number;
  readonly non2xx: number;
  readonly latencyMsP50: number;
  readonly latencyMsP99: number;
}

export interface SelfAudit {
  readonly target: string;
  readonly targetVersion: string;
  /** Strangers' pictures that the oracle flagged; none means that it did not see the known bug. */
  readonly violations: number;
  readonly examined: number;
}

export interface ReportFile {
  readonly format: string;
  readonly path: string;
}
