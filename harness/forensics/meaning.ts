import type { RowReference } from '../model/finding.ts';
import type { CacheCallRow } from '../model/rows.ts';
import { type Inquiry, rowsWith } from './needs.ts';
import { storesUnder } from './wire-view.ts';

/** The latest who meant that value to be under that key before it was handed over. */
export interface Writer {
  readonly requestId: string | null;
  readonly atNs: number;
  /** Whether the source of truth itself gave exactly this value for this key. */
  readonly loaded: boolean;
  readonly evidence: RowReference;
}

/** Who meant the value that the call was handed to be under its key; null when nobody did. */
export function* meantBy(call: CacheCallRow): Inquiry<Writer | null> {
  const { key, digest, doneNs } = call;
  if (digest === null) return null;
  const calls = yield* rowsWith('cache_call', 'key', key);
  const loads = yield* rowsWith('origin', 'key', key);
  const load = loads.findLast((row) => row.digest === digest && row.atNs <= doneNs);
  const set = calls.findLast(
    (row) => row.call === 'set' && row.digest === digest && row.startedNs <= doneNs,
  );
  if (set !== undefined) {
    const loaded = load !== undefined && load.requestId === set.requestId;
    const evidence = { table: 'cache_call', id: set.id } as const;
    return { requestId: set.requestId, atNs: set.startedNs, loaded, evidence };
  }
  if (load !== undefined) {
    const evidence = { table: 'origin', id: load.id } as const;
    return { requestId: load.requestId, atNs: load.atNs, loaded: true, evidence };
  }
  return yield* meantInVain(call, calls);
}

/** A set that ended in an error may have been carried out all the same; only the wire knows with which value. */
function* meantInVain(call: CacheCallRow, calls: readonly CacheCallRow[]): Inquiry<Writer | null> {
  const failed = calls.filter(
    (row) => row.call === 'set' && row.outcome === 'error' && row.startedNs <= call.doneNs,
  );
  if (failed.length === 0) return null;
  const stores = yield* storesUnder(call.key);
  const failing = failed.findLast((set) =>
    stores.some((row) => row.valueDigest === call.digest && row.commandNs >= set.startedNs),
  );
  if (failing === undefined) return null;
  const others = yield* meantKeys(call);
  if (others.length > 0) return null;
  const evidence = { table: 'cache_call', id: failing.id } as const;
  return { requestId: failing.requestId, atNs: failing.startedNs, loaded: false, evidence };
}

/** The keys under which the backend did mean this value to be. */
function* meantKeys({ digest, key }: CacheCallRow): Inquiry<readonly CacheCallRow[]> {
  if (digest === null) return [];
  const rows = yield* rowsWith('cache_call', 'digest', digest);
  return rows.filter((row) => row.call === 'set' && row.key !== key);
}

/** The latest who meant this value to be under another key, before the call was handed it. */
export function* meantElsewhere(call: CacheCallRow): Inquiry<CacheCallRow | undefined> {
  return (yield* meantKeys(call)).findLast(({ startedNs }) => startedNs <= call.doneNs);
}
