import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Backend } from '../../targets/backend/backend.ts';
import type { StoredCursor } from '../../targets/backend/stored-things.ts';
import type { Recorder, SweepRow } from '../model/rows.ts';
import type { CacheProtocol, Endpoint, Target } from '../model/target.ts';
import type { Clock } from '../model/world.ts';
import { sweepCache } from '../services/sweep-cache.ts';
import { type Swept, sweepReader } from '../services/sweep-row.ts';
import { untilAborted } from '../services/until-aborted.ts';
import { stampKey } from '../thumbnail/checksum.ts';

/** Says what a stored value of the run with that seed is. */
function sweepRows(seed: number): (swept: Swept) => Omit<SweepRow, 'id'> {
  return sweepReader({
    key: stampKey(seed),
    crc32,
    digest: (value) => hash('sha1', value, 'hex').slice(0, 16),
  });
}

/** One page of the source of truth, after which it is known where the next one begins. */
export interface DatabasePage {
  /** How many values were written down. */
  readonly values: number;
  readonly next: StoredCursor | null;
}

interface SweepOptions {
  readonly seed: number;
  readonly clock: Clock;
  readonly recorder: Pick<Recorder, 'nextId' | 'sweep'>;
  readonly cache: {
    readonly endpoints: readonly Endpoint[];
    readonly protocol: CacheProtocol;
    /** Only keys that begin so are looked at. */
    readonly prefix: string;
    /** What the target says of the form in which values are stored. */
    readonly unwrap?: Target['unwrap'];
  };
  /** Writes down one page of the source of truth. */
  readonly database: (from: StoredCursor | null) => Promise<DatabasePage>;
}

/** Writes down page by page what a backend's source of truth holds. */
export function databaseSweep(
  backend: Pick<Backend, 'stored'>,
  { seed, clock, recorder }: Pick<SweepOptions, 'seed' | 'clock' | 'recorder'>,
): (from: StoredCursor | null) => Promise<DatabasePage> {
  const rowOf = sweepRows(seed);
  return async (from) => {
    const { things, next } = backend.stored(from ?? undefined);
    for (const { key, value } of things) {
      const row = rowOf({ store: 'database', key, value, atNs: clock.nowNs() });
      recorder.sweep({ id: recorder.nextId('sweep'), ...row });
    }
    return { values: things.length, next };
  };
}

/** Values that are read of each of the two. */
const valuesMax = 200_000;
const sweepMsMax = 30_000;

/**
 * Reads everything that is stored when all is calm: the cache past the wire and past the client under test, and the source of truth.
 * Resolves with one sentence for people: what was read, and what was left out and why. Rejects only with the signal's reason.
 */
export async function sweepStores(options: SweepOptions, signal: AbortSignal): Promise<string> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(sweepMsMax)]);
  const says: string[] = [];
  for (const [name, sweep] of [
    ['cache', ofCache],
    ['database', ofDatabase],
  ] as const) {
    try {
      says.push(await sweep(options, until));
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      says.push(`the ${name} could not be read to its end: ${reason}`);
    }
  }
  return says.join('; ');
}

async function ofCache(
  { seed, clock, recorder, cache }: SweepOptions,
  signal: AbortSignal,
): Promise<string> {
  const rowOf = sweepRows(seed);
  const { unwrap = (stored) => stored } = cache;
  const onValue = (key: string, value: Uint8Array): void =>
    recorder.sweep({
      id: recorder.nextId('sweep'),
      ...rowOf({ store: 'cache', key, value: unwrap(value), atNs: clock.nowNs() }),
    });
  const options = { ...cache, keysMax: valuesMax, onValue };
  const { values, unread, isCut } = await sweepCache(options, signal);
  const gone = unread === 0 ? '' : `, ${unread} more were gone or no strings`;
  return `${counted(values)} of the cache read${gone}${cutAt(isCut)}`;
}

async function ofDatabase({ database }: SweepOptions, signal: AbortSignal): Promise<string> {
  let values = 0;
  let from: StoredCursor | null = null;
  do {
    const page: DatabasePage = await untilAborted(database(from), signal);
    values += page.values;
    from = page.next;
  } while (from !== null && values < valuesMax);
  return `${counted(values)} of the database read${cutAt(from !== null)}`;
}

function counted(values: number): string {
  return values === 1 ? '1 value' : `${values.toLocaleString('en-US')} values`;
}

function cutAt(isCut: boolean): string {
  return isCut
    ? `, and no more, because that is the most that is read (${valuesMax.toLocaleString('en-US')})`
    : '';
}
