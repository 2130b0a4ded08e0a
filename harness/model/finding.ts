import type { RecordTable, ShownRow } from './rows.ts';

/** The names of all checks; `crosswire list checks` prints them. */
export type CheckName =
  | 'own-data-only'
  | 'right-device'
  | 'fresh'
  | 'mapping'
  | 'stored'
  | 'intact'
  | 'fails-closed'
  | 'settles'
  | 'comes-back'
  | 'on-schedule'
  | 'origin-load'
  | 'fault-bit'
  | 'canary'
  | 'served'
  /** Not asked for by plans: the judge adds it when the process with the library ended. */
  | 'stays-up'
  /** Not asked for by plans: the judge adds it when the record is not complete. */
  | 'self-audit'
  | 'whole-record';

export type Outcome = 'pass' | 'fail' | 'inconclusive';

/** What one checker says of one record. */
export type Finding =
  | {
      readonly outcome: 'pass';
      readonly examined: number;
      /** With 0 violations in `examined` draws, the true share is below this with 95 % confidence (exact binomial: 1 - 0.05^(1/n)). */
      readonly upperBound95: number;
      /** One line for people: what was looked at. */
      readonly says: string;
    }
  | {
      readonly outcome: 'fail';
      readonly examined: number;
      /** How many violations there were; `violations` keeps the first 10,000 of them. */
      readonly count: number;
      readonly violations: readonly Violation[];
      readonly says: string;
    }
  | { readonly outcome: 'inconclusive'; readonly reason: string };

export interface Violation {
  /** One sentence for people. */
  readonly says: string;
  /** Rows of the record that show it. */
  readonly evidence: readonly RowReference[];
}

export interface RowReference {
  readonly table: RecordTable | 'run';
  readonly id: number;
}

/** Worst wins: fail, inconclusive, pass. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly findings: readonly CheckedFinding[];
  readonly blastRadius: BlastRadius;
}

export type CheckedFinding = Finding & { readonly check: CheckName };

/**
 * How far it went, in the words of the incident. Canaries are left out, and so is whoever showed no session of their own. Times in
 * milliseconds from the start of the run.
 */
export interface BlastRadius {
  /** All users who are not canaries. */
  readonly users: number;
  /** Users who were given a picture (or list entry) of a device that they may not see. */
  readonly usersReceived: number;
  /** Of those, users who were given a picture or clip, and not list entries alone. */
  readonly usersReceivedPictures: number;
  /** Of those, users who tapped a foreign picture, whatever the tap was answered. */
  readonly usersTapped: number;
  /** Clips of strangers that were played. */
  readonly videosPlayed: number;
  /** Users whose pictures (or list entries) were shown to strangers. */
  readonly usersExposed: number;
  /** To how many strangers each of them was shown; null when nobody was. */
  readonly strangersPerExposedUser: { readonly median: number; readonly max: number } | null;
  /** Users on either side, each counted once. */
  readonly usersAffected: number;
  /** The same, as a share of `users`. */
  readonly usersAffectedShare: number;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
  readonly stillLeakingAfterCalm: boolean;
}

/** One thing that one person must be told of: what they were shown of somebody, or what of theirs somebody was shown. */
export interface AffectedPerson {
  readonly userId: string;
  readonly side: 'received' | 'exposed';
  /** Who is on the other side; null when the plan does not know whose the device is. */
  readonly counterpartId: string | null;
  readonly deviceId: string;
  /** Null for what names no event. */
  readonly eventId: string | null;
  readonly surface: ShownRow['surface'];
  /** Milliseconds from the start of the run. */
  readonly firstAtMs: number;
  /** How often it was shown. */
  readonly times: number;
  /** Whether whoever was shown it tapped it or had it played. */
  readonly tapped: boolean;
}

/**
 * Where the cloud went wrong when it gave somebody something of a stranger's. `shared-cache`: a shared HTTP cache gave the answer, and the
 * cloud was not asked. `session`: the cloud took the viewer for somebody else. `list`, `picture`: it knew who asked, and gave somebody
 * else's. `live`: a live view, however that came. `owner`: a camera was told a wrong owner or a wrong name of its own.
 */
export type LeakKind = 'shared-cache' | 'session' | 'list' | 'picture' | 'live' | 'owner';

export type LeakCounts = Readonly<Record<LeakKind, number>>;
