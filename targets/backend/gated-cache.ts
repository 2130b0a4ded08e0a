import type { TappedCache } from './cache-tap.ts';

/** A cache for tests of races: a call that is gated is carried out, and answered, when its gate is opened, in whatever order. */
export interface GatedCache extends TappedCache {
  readonly values: Map<string, Uint8Array>;
  /** Holds the next call of that name and key; `store` is what a `getOrLoad` does with what was loaded for it. */
  gate(name: 'get' | 'getMany' | 'set' | 'delete' | 'store', key: string): Gate;
}

interface Gate {
  /** Resolves when the call has come. */
  readonly arrived: Promise<void>;
  /** Carries it out and answers. */
  open(): void;
  /** Answers with an error; what was asked is not carried out until `late`. */
  fail(): void;
  /** Carries out what was failed, as a queue does that outlives its caller's patience. */
  late(): void;
}

/** With `readsThrough` it has a `getOrLoad` of its own. */
export function gatedCache({
  readsThrough = false,
}: {
  readonly readsThrough?: boolean;
} = {}): GatedCache {
  const values = new Map<string, Uint8Array>();
  const gates: (Gate & { name: string; key: string; enter(perform: () => void): Promise<void> })[] =
    [];

  const called = async <T>(name: string, key: string, perform: () => T): Promise<T> => {
    const index = gates.findIndex((gate) => gate.name === name && gate.key === key);
    if (index === -1) return perform();
    const [gate] = gates.splice(index, 1);
    let result: { readonly value: T } | undefined;
    await gate?.enter(() => {
      result = { value: perform() };
    });
    return result === undefined ? perform() : result.value;
  };

  const getOrLoad: NonNullable<TappedCache['getOrLoad']> = async (key, load) => {
    const found = await called('get', key, () => values.get(key));
    if (found !== undefined) return found;
    const loaded = await load();
    if (loaded !== undefined) await called('store', key, () => void values.set(key, loaded));
    return loaded;
  };

  return {
    ...(readsThrough ? { getOrLoad } : {}),
    values,
    gate: (name, key) => {
      const arrived = Promise.withResolvers<void>();
      const answered = Promise.withResolvers<void>();
      let perform = (): void => {};
      const gate = {
        name,
        key,
        arrived: arrived.promise,
        enter: async (given: () => void): Promise<void> => {
          perform = given;
          arrived.resolve();
          await answered.promise;
        },
        open: () => {
          perform();
          answered.resolve();
        },
        fail: () => answered.reject(new Error('given up on')),
        late: () => perform(),
      };
      gates.push(gate);
      return gate;
    },
    get: async (key) => called('get', key, () => values.get(key)),
    getMany: async (keys) =>
      called('getMany', keys.join(), () => keys.map((key) => values.get(key))),
    set: async (key, value) => called('set', key, () => void values.set(key, value)),
    delete: async (key) => called('delete', key, () => void values.delete(key)),
  };
}
