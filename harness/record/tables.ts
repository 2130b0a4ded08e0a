import type * as rows from '../model/rows.ts';
import { callTables } from './call-tables.ts';
import { type Column, integer, integerOrNull, oneOf, real, type Table, text } from './column.ts';
import { viewerTables } from './viewer-tables.ts';

/** The format that this code writes, and the newest that it reads. */
export const recordFormat = 1;

/** What each table of a record holds, row by row. */
export interface RowOf {
  readonly op: rows.OpRow;
  readonly shown: rows.ShownRow;
  readonly evidence: rows.EvidenceRow;
  readonly camera: rows.CameraRow;
  readonly told: rows.ToldRow;
  readonly change: rows.ChangeRow;
  readonly answer: rows.AnswerRow;
  readonly sweep: rows.SweepRow;
  readonly cache_call: rows.CacheCallRow;
  readonly origin: rows.OriginRow;
  readonly wire: rows.WireRow;
  readonly wire_connection: rows.WireConnectionRow;
  readonly phase: rows.PhaseRow;
  readonly fault: rows.FaultRow;
  readonly flood: rows.FloodRow;
}

/** The source of the SQL, of the checks on reading and of docs/record.md. */
export const tables: { readonly [Name in rows.RecordTable]: Table<RowOf[Name]> } = {
  ...viewerTables,
  ...callTables,
  phase: {
    says: 'One phase of the timeline.',
    columns: {
      id: integer('unique within the table'),
      name: text('`warm`, `outage`, `herd`, `calm`, or a name of the scenario'),
      fromNs: integer('when it began'),
      toNs: integerOrNull('when it ended; null when the run was cut short in it'),
    },
  },
  fault: {
    says: 'One injected fault.',
    columns: {
      id: integer('unique within the table'),
      faultId: text('the name of the fault in the plan'),
      fault: text('the fault as JSON'),
      onNs: integer('when it was put in place'),
      offNs: integerOrNull('when it was healed; null when the run was cut short before'),
      bit: integer(
        'how often it acted: kills done, connections cut, replies held, connections refused',
      ),
    },
  },
  flood: {
    says: 'What the unchecked flood measured of itself, a row a flood step.',
    columns: {
      id: integer('unique within the table'),
      fromNs: integer('when it began'),
      toNs: integer('when it ended'),
      requests: integer('requests answered'),
      errors: integer('connections that failed and requests that timed out'),
      non2xx: integer('answers with another status than 2xx'),
      latencyMsP50: real('half of the answers came within this many milliseconds'),
      latencyMsP99: real('99 % of the answers came within this many milliseconds'),
    },
  },
};

const formatColumn = {
  ...integer('the layout of this file; a reader refuses newer ones'),
} as Column<1>;

/** The header, one row; `format` names this layout. */
export const runTable: Table<rows.RunRow> = {
  says: 'The header of the record: one row, there from the first moment, with the state `running` until everything was joined.',
  columns: {
    format: formatColumn,
    state: oneOf('how the run ended', {
      running: 'it did not end: the run is still going, or was killed',
      complete: 'it ran to its end and every part was joined',
      interrupted: 'it was stopped early, and everything that was written was joined',
      failed: 'something is missing from it; `reason` says what',
    }),
    reason: text('why it is not complete; empty when it is'),
    scenario: text('which scenario ran'),
    seed: integer('the seed of the plan'),
    target: text('the cache client under test'),
    targetVersion: text('its exact version'),
    cache: text('the backing service that really served'),
    plan: text('the whole plan as JSON: people, cameras, steps'),
    environment: text(
      'versions of node, crosswire and the operating system, and mitigations, as JSON',
    ),
    startedAt: text('wall clock at the start, ISO 8601; for people, nothing is computed from it'),
  },
};

/** One row a part: how the writer of one process fared. */
export interface PartRow {
  /** The ordinal of the writer. */
  readonly id: number;
  readonly name: string;
  readonly state: 'open' | 'closed' | 'failed';
  readonly reason: string;
}

export const partTable: Table<PartRow> = {
  says: 'One writer. Each process of a run writes a file of its own, and the files are joined at the end.',
  columns: {
    id: integer('the ordinal of the writer; its rows have ids from ordinal x 2^40 on'),
    name: text('which process wrote it'),
    state: oneOf('how the writer ended', {
      open: 'it did not end properly: its last rows are missing',
      closed: 'everything it was given is here',
      failed: 'it could not write everything; `reason` says why',
    }),
    reason: text('why it failed; empty otherwise'),
  },
};

/** Names of all tables that writers fill, in the order of the documentation. */
export const tableNames: readonly rows.RecordTable[] = Object.keys(tables) as rows.RecordTable[];
