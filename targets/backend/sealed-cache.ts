import type { TappedCache } from './cache-tap.ts';
import { Refusal } from './refusal.ts';

/**
 * The mitigation `seal-values`: a stored value names the key it was stored under, and a value that names another is refused with 503.
 * Two bytes, big-endian: the length of the key; the key in UTF-8; the value.
 */
export function sealedCache(cache: TappedCache): TappedCache {
  const { getOrLoad } = cache;
  return {
    get: async (key, options) => opened(key, await cache.get(key, options)),
    getMany: async (keys, options) => {
      const values = await cache.getMany(keys, options);
      return keys.map((key, index) => opened(key, values[index]));
    },
    set: async (key, value, ttlMs) => cache.set(key, sealed(key, value), ttlMs),
    delete: async (key) => cache.delete(key),
    ...(getOrLoad === undefined
      ? {}
      : {
          getOrLoad: async (key, load, options) => {
            const sealing = async (): Promise<Uint8Array | undefined> => {
              const loaded = await load();
              return loaded === undefined ? undefined : sealed(key, loaded);
            };
            return opened(key, await getOrLoad(key, sealing, options));
          },
        }),
  };
}

function sealed(key: string, value: Uint8Array): Uint8Array {
  const name = Buffer.from(key);
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(name.byteLength);
  return Buffer.concat([length, name, value]);
}

function opened(key: string, value: Uint8Array | undefined): Uint8Array | undefined {
  if (value === undefined) return undefined;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const start = bytes.byteLength < 2 ? bytes.byteLength + 1 : 2 + bytes.readUInt16BE(0);
  if (start > bytes.byteLength) throw new Refusal(503, 'the cache gave a value without a seal');
  const name = bytes.toString('utf8', 2, start);
  if (name !== key) throw new Refusal(503, 'the cache gave a value that is sealed for another key');
  return bytes.subarray(start);
}
