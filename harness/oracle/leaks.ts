import type { OpRow, ShownRow } from '../model/rows.ts';
import type { RecordReader } from '../record/reader.ts';
import { foreignDevices } from './foreign.ts';
import { knownOf } from './known.ts';

/** A picture or list entry that a user with a session was given who may not see the devices that it names. */
export interface Leak {
  readonly row: Pick<ShownRow, (typeof shownColumns)[number]>;
  /** The request that it answered; undefined when the record has lost it. */
  readonly op: Pick<OpRow, (typeof opColumns)[number]> | undefined;
  /** What it shows that is a stranger's, and whose that was at that moment; undefined for a device that the plan does not know. */
  readonly strangers: readonly {
    readonly deviceId: string;
    readonly ownerId: string | undefined;
  }[];
}

const shownColumns = [
  'id',
  'opId',
  'viewerId',
  'surface',
  'requestedNs',
  'shownNs',
  'askedEventId',
  'state',
  'deviceId',
  'eventId',
  'tailDeviceId',
] as const;

const opColumns = ['id', 'actorId', 'toldUserId', 'credential', 'webCache'] as const;

/** Rows that are held back until their requests are looked up together. */
const batchRows = 1_000;

/**
 * Everything foreign that people were shown, row by row. Canaries and swapped bytes are left out, and so is whoever showed no session
 * of their own: a prober who is given a picture is `fails-closed`'s, and no user of the app.
 */
export function* leaksOf(record: RecordReader): Generator<Leak> {
  const ownership = knownOf(record).ownership();
  let batch: Leak['row'][] = [];
  const emptied = function* (): Generator<Leak> {
    const ops = opsOf(record, batch);
    for (const row of batch) {
      const op = ops.get(row.opId);
      if (row.viewerId === '' || (op !== undefined && op.credential !== 'session')) continue;
      const strangers = foreignDevices(row, ownership).map((deviceId) => ({
        deviceId,
        ownerId: ownership.ownerAt(deviceId, row.shownNs),
      }));
      yield { row, op, strangers };
    }
    batch = [];
  };
  for (const row of record.rows('shown', shownColumns, { canary: false, swapped: false })) {
    if (foreignDevices(row, ownership).length === 0) continue;
    batch.push(row);
    if (batch.length >= batchRows) yield* emptied();
  }
  yield* emptied();
}

function opsOf(
  record: RecordReader,
  rows: readonly Leak['row'][],
): ReadonlyMap<number, NonNullable<Leak['op']>> {
  if (rows.length === 0) return new Map();
  const ids = [...new Set(rows.map(({ opId }) => opId))];
  return new Map([...record.rows('op', opColumns, { id: ids })].map((op) => [op.id, op]));
}
