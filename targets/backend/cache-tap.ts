import type { CacheCallRow, Recorder } from '../../harness/model/rows.ts';
import type { CacheClient, CallOptions } from '../../harness/model/target.ts';
import type { Clock } from '../../harness/model/world.ts';
import { digestOf } from './digests.ts';
import { Refusal } from './refusal.ts';

/** What one request sees of the cache: the calls of the client under test, each written down. */
export type TappedCache = Omit<CacheClient, keyof AsyncDisposable>;

export interface CacheTap {
  /** The cache as the request named `requestId` sees it. Reads are told when whoever asked hangs up. */
  forRequest(requestId: string, hangUp?: AbortSignal): TappedCache;
  /** How many calls failed so far. */
  errors(): number;
  /** Rejects what is outstanding and whatever comes later; nothing is written down any more. */
  close(): void;
}

export interface CacheTapOptions {
  readonly cache: TappedCache;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** A client promises to reject in time; one that hangs all the same is given up on after this long. */
  readonly deadlineMs: number;
  /** `digestOf` unless given one that remembers. */
  readonly digest?: (value: Uint8Array) => string;
}

/**
 * Stands between the backend and the client under test, and writes a `cache_call` row a key of what was asked and what came.
 * Whatever goes wrong in the client becomes a refusal with 503: the caller never learns of a value that it was not given.
 */
export function createCacheTap(options: CacheTapOptions): CacheTap {
  const { cache, recorder, clock, deadlineMs, digest = digestOf } = options;
  const outstanding = new Set<(error: Error) => void>();
  let closed = false;
  let errors = 0;

  const guarded = async <T>(call: () => Promise<T>): Promise<T> => {
    if (closed) throw new Error('the backend is closing');
    return new Promise<T>((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        outstanding.delete(fail);
      };
      const fail = (error: Error): void => {
        end();
        reject(error);
      };
      const timer = setTimeout(() => {
        fail(new Error(`the client hung: neither a value nor an error within ${deadlineMs} ms`));
      }, deadlineMs);
      outstanding.add(fail);
      call().then(resolve, reject).finally(end);
    });
  };

  const recorded = async <T>(
    asked: Asked,
    call: () => Promise<T>,
    given: (value: T) => readonly Given[],
  ): Promise<T> => {
    const startedNs = clock.nowNs();
    const write = (answers: readonly Given[]): void => {
      if (closed) return;
      const doneNs = clock.nowNs();
      const ids = asked.keys.map(() => recorder.nextId('cache_call'));
      const callId = ids[0] ?? 0;
      for (const [index, key] of asked.keys.entries()) {
        const answer = answers[index] ?? answers[0] ?? failed('no answer');
        const id = ids[index] ?? callId;
        const { call: name, requestId } = asked;
        recorder.cacheCall({
          id,
          callId,
          requestId,
          call: name,
          key,
          startedNs,
          doneNs,
          ...answer,
        });
      }
    };
    try {
      const value = await guarded(call);
      write(given(value));
      return value;
    } catch (error) {
      errors += 1;
      const says = error instanceof Error ? error.message : String(error);
      write([failed(says)]);
      throw new Refusal(503, 'the cache did not answer', { cause: error });
    }
  };

  /** A miss is a call whose own `load` was asked; what somebody else had loaded came out of the library as a hit. */
  const loading =
    (requestId: string, hangUp: AbortSignal | undefined): NonNullable<TappedCache['getOrLoad']> =>
    async (key, load, { ttlMs, ...call }) => {
      let asked = false;
      const watched = async (): Promise<Uint8Array | undefined> => {
        if (closed) throw new Error('the backend is closing');
        asked = true;
        return load();
      };
      const ask = async (): Promise<unknown> =>
        cache.getOrLoad?.(key, watched, { ttlMs, ...orHangUp(call, hangUp) });
      return recorded(
        { requestId, call: 'getOrLoad', keys: [key] },
        async () => bytesOrMiss(await ask()),
        (value) => [asked ? { ...read(value, digest), outcome: 'miss' } : read(value, digest)],
      );
    };

  return {
    forRequest: (requestId, hangUp) => ({
      get: async (key, options) =>
        recorded(
          { requestId, call: 'get', keys: [key] },
          async () => bytesOrMiss(await cache.get(key, orHangUp(options, hangUp))),
          (value) => [read(value, digest)],
        ),
      getMany: async (keys, options) =>
        recorded(
          { requestId, call: 'getMany', keys },
          async () => onePerKey(keys, await cache.getMany(keys, orHangUp(options, hangUp))),
          (values) => values.map((value) => read(value, digest)),
        ),
      set: async (key, value, ttlMs) =>
        recorded(
          { requestId, call: 'set', keys: [key] },
          async () => cache.set(key, value, ttlMs),
          () => [{ ...valued(value, digest), outcome: 'stored' }],
        ),
      delete: async (key) =>
        recorded(
          { requestId, call: 'delete', keys: [key] },
          async () => cache.delete(key),
          () => [{ outcome: 'deleted', bytes: null, digest: null, error: null }],
        ),
      ...(cache.getOrLoad === undefined ? {} : { getOrLoad: loading(requestId, hangUp) }),
    }),
    errors: () => errors,
    close: () => {
      closed = true;
      for (const fail of outstanding) fail(new Error('the backend is closing'));
    },
  };
}

function orHangUp(
  options: CallOptions | undefined,
  hangUp: AbortSignal | undefined,
): CallOptions | undefined {
  return options?.signal !== undefined || hangUp === undefined
    ? options
    : { ...options, signal: hangUp };
}

interface Asked {
  readonly requestId: string;
  readonly call: CacheCallRow['call'];
  readonly keys: readonly string[];
}

type Given = Pick<CacheCallRow, 'outcome' | 'bytes' | 'digest' | 'error'>;

type Digest = (value: Uint8Array) => string;

function read(value: Uint8Array | undefined, digest: Digest): Given {
  if (value === undefined) return { outcome: 'miss', bytes: null, digest: null, error: null };
  return { ...valued(value, digest), outcome: 'hit' };
}

function valued(value: Uint8Array, digest: Digest): Omit<Given, 'outcome'> {
  return { bytes: value.byteLength, digest: digest(value), error: null };
}

function failed(says: string): Given {
  return { outcome: 'error', bytes: null, digest: null, error: says };
}

/** A client in plain JavaScript may answer with anything; only bytes and a miss are answers. */
function bytesOrMiss(value: unknown): Uint8Array | undefined {
  if (value === undefined || value instanceof Uint8Array) return value;
  throw new TypeError(`the client answered with ${value === null ? 'null' : typeof value}`);
}

function onePerKey(
  keys: readonly string[],
  values: readonly unknown[],
): readonly (Uint8Array | undefined)[] {
  if (!Array.isArray(values) || values.length !== keys.length) {
    throw new TypeError(`the client gave no list of ${keys.length} answers for as many keys`);
  }
  return values.map(bytesOrMiss);
}
