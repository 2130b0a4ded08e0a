import type { CacheClient, OpenOptions } from '../../harness/model/target.ts';
import { withinDeadline } from './deadline.ts';

/** The calls of a cache layer, as its target makes them. What is not there is null or undefined, everything else is bytes. */
export interface LayerCalls {
  /** For errors: `keyv`. */
  readonly name: string;
  get(key: string): Promise<unknown>;
  getMany(keys: readonly string[]): Promise<readonly unknown[]>;
  /** `ttlMs` is a whole number, here and below. */
  set(key: string, value: Buffer, ttlMs: number): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  /** Absent where the layer has no read-through. */
  getOrLoad?(key: string, load: () => Promise<Buffer | undefined>, ttlMs: number): Promise<unknown>;
  /** How many errors the layer has emitted so far; absent where a call that fails rejects. */
  readonly errors?: () => number;
  close(): Promise<unknown>;
}

/**
 * A cache layer as a client: calls are given up on after `timeoutMs`, and rejected once it is closed. A layer that emits its errors and
 * answers as if there were nothing is believed only if it emitted none meanwhile, so that a failure is not taken for a miss.
 */
export function layerClient(calls: LayerCalls, { timeoutMs }: OpenOptions): CacheClient {
  let isClosed = false;
  const answered = async <T>(call: () => Promise<T>, says: string): Promise<T> => {
    if (isClosed) throw new Error(`${calls.name} is closed: it was asked for ${says}`);
    return withinDeadline(call(), timeoutMs, says);
  };
  const told = async <T>({ call, says, isNothing }: Told<T>): Promise<T> => {
    const before = calls.errors?.();
    const given = await answered(call, says);
    if (calls.errors?.() !== before && isNothing(given))
      throw new Error(`${calls.name} emitted an error during ${says}`);
    return given;
  };
  const { getOrLoad } = calls;
  return {
    get: async (key) =>
      bytesOf(
        await told({
          call: async () => calls.get(key),
          says: `get of ${key}`,
          isNothing: (value) => isMissing(value),
        }),
        calls.name,
      ),
    getMany: async (keys) => {
      if (keys.length === 0) return [];
      const values = await told({
        call: async () => calls.getMany(keys),
        says: `a page of ${keys.length} gets`,
        isNothing: (page) => page.some(isMissing),
      });
      if (values.length !== keys.length)
        throw new Error(`${calls.name} gave ${values.length} values for ${keys.length} keys`);
      return values.map((value) => bytesOf(value, calls.name));
    },
    set: async (key, value, ttlMs) => {
      await told({
        call: async () => calls.set(key, bufferOver(value), Math.ceil(ttlMs)),
        says: `set of ${key}`,
        isNothing: () => true,
      });
    },
    delete: async (key) => {
      await told({
        call: async () => calls.delete(key),
        says: `delete of ${key}`,
        isNothing: () => true,
      });
    },
    ...(getOrLoad === undefined
      ? {}
      : {
          getOrLoad: async (key, load, { ttlMs }) => {
            const loaded = async (): Promise<Buffer | undefined> => {
              const value = await load();
              return value === undefined ? undefined : bufferOver(value);
            };
            const read = async (): Promise<unknown> => getOrLoad(key, loaded, Math.ceil(ttlMs));
            return bytesOf(await answered(read, `get or load of ${key}`), calls.name);
          },
        }),
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      await calls.close();
    },
  };
}

/** The module of one of a target's companions. */
export function companionOf({ companions = {} }: OpenOptions, name: string): unknown {
  const module = companions[name];
  if (module === undefined)
    throw new Error(`${name} is needed beside the library, and was not loaded`);
  return module;
}

/** A default export, also of a module that was loaded as CommonJS. */
export function defaultOf(module: unknown): unknown {
  const { default: exported } = module as { readonly default: unknown };
  if (typeof exported !== 'object' || exported === null || !('default' in exported))
    return exported;
  return exported.default;
}

/** The errors that something has emitted so far, counted; being listened to, none of them ends the process. */
export function countErrors(emitter: {
  on(event: 'error', listener: (...emitted: readonly unknown[]) => void): unknown;
}): () => number {
  let count = 0;
  emitter.on('error', (error) => {
    if (!(error instanceof NothingToLoad)) count += 1;
  });
  return () => count;
}

/** Reads through a library that stores whatever is loaded, also nothing: there is no value to store when the load throws. */
export async function loadOrNothing(
  load: () => Promise<Buffer | undefined>,
  read: (load: () => Promise<Buffer>) => Promise<unknown>,
): Promise<unknown> {
  try {
    return await read(async () => {
      const value = await load();
      if (value === undefined) throw new NothingToLoad('there is nothing to load');
      return value;
    });
  } catch (error) {
    if (error instanceof NothingToLoad) return undefined;
    throw error;
  }
}

class NothingToLoad extends Error {
  override readonly name = 'NothingToLoad';
}

interface Told<T> {
  readonly call: () => Promise<T>;
  readonly says: string;
  /** Whether this may be what is answered after a failure. */
  readonly isNothing: (given: T) => boolean;
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}

function bytesOf(value: unknown, name: string): Uint8Array | undefined {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`${name} gave ${typeof value} where bytes were stored`);
}

function bufferOver(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
