import type { CacheClient, OpenOptions, Target, TargetOption } from '../../harness/model/target.ts';
import { withinDeadline } from './deadline.ts';
import { defineTarget } from './define-target.ts';

const inflight: TargetOption = {
  says: 'inflightRequestsLimit: how many calls may wait for an answer before more are refused; 1000 unless told',
  takes: { min: 1, max: 1_000_000 },
};

/**
 * Valkey GLIDE, whose core is native: its package for this platform is an optional dependency, so npm brings it without install scripts.
 * Used as its README says: one client, its defaults, `mget` for a page of keys, which `cluster` splits by slot itself.
 */
const valkeyGlide: Target = defineTarget({
  name: 'valkey-glide',
  package: '@valkey/valkey-glide',
  version: '2.5.2',
  protocol: 'resp',
  lacks: [
    { ability: 'abort-signal', because: 'no call of valkey-glide takes an AbortSignal' },
    {
      ability: 'deadline',
      because: 'requestTimeout holds for a whole client, and a get takes no time limit',
    },
    {
      ability: 'get-or-load',
      because: 'valkey-glide speaks the protocol only; it has no read-through',
    },
  ],
  options: {
    inflight,
    resp: { says: 'the version of the protocol; 3 unless told', takes: ['2', '3'] },
  },
  variants: {
    cluster: {
      says: 'GlideClusterClient, with a connection to each node',
      topology: 'cluster',
      open: async (options) => {
        const { GlideClusterClient, ...module } = options.library as Glide;
        return opened(GlideClusterClient, module, options);
      },
    },
  },
  open: async (options) => {
    const { GlideClient, ...module } = options.library as Glide;
    return opened(GlideClient, module, options);
  },
});
export default valkeyGlide;

/** Resolves without a connection: the first call makes it, as `lazyConnect` is documented for clients that start while the servers are away. */
async function opened(
  kind: ClientKind,
  { Decoder, TimeUnit, ProtocolVersion }: Omit<Glide, 'GlideClient' | 'GlideClusterClient'>,
  { endpoint, nodes = [endpoint], timeoutMs, words = {} }: OpenOptions,
): Promise<CacheClient> {
  const client = await kind.createClient({
    addresses: nodes.map(({ host, port }) => ({ host, port })),
    // The README recommends to set one; 250 ms unless told.
    requestTimeout: timeoutMs,
    lazyConnect: true,
    defaultDecoder: Decoder.Bytes,
    ...(words['inflight'] === undefined
      ? {}
      : { inflightRequestsLimit: Number(words['inflight']) }),
    ...(words['resp'] === undefined
      ? {}
      : { protocol: words['resp'] === '2' ? ProtocolVersion.RESP2 : ProtocolVersion.RESP3 }),
  });
  // requestTimeout does not hold while the first connection is made.
  const answered = async <T>(call: Promise<T>, says: string): Promise<T> =>
    withinDeadline(call, timeoutMs, says);
  return {
    get: async (key) => bytesOf(await answered(client.get(key), `get of ${key}`)),
    getMany: async (keys) => {
      if (keys.length === 0) return [];
      const values = await answered(client.mget([...keys]), `mget of ${keys.length} keys`);
      if (values.length !== keys.length)
        throw new Error(`valkey-glide gave ${values.length} values for ${keys.length} keys`);
      return values.map(bytesOf);
    },
    set: async (key, value, ttlMs) => {
      const expiry = { type: TimeUnit.Milliseconds, count: Math.ceil(ttlMs) };
      await answered(client.set(key, bufferOver(value), { expiry }), `set of ${key}`);
    },
    delete: async (key) => {
      await answered(client.del([key]), `delete of ${key}`);
    },
    [Symbol.asyncDispose]: async () => {
      client.close();
    },
  };
}

/** What is used of the library. */
interface Glide {
  readonly GlideClient: ClientKind;
  readonly GlideClusterClient: ClientKind;
  readonly Decoder: { readonly Bytes: number };
  readonly TimeUnit: { readonly Milliseconds: string };
  readonly ProtocolVersion: { readonly RESP2: number; readonly RESP3: number };
}

interface ClientKind {
  createClient(configuration: {
    readonly addresses: readonly { readonly host: string; readonly port: number }[];
    readonly requestTimeout: number;
    readonly lazyConnect: boolean;
    readonly defaultDecoder: number;
    readonly inflightRequestsLimit?: number;
    readonly protocol?: number;
  }): Promise<GlideClient>;
}

interface GlideClient {
  get(key: string): Promise<unknown>;
  mget(keys: readonly string[]): Promise<readonly unknown[]>;
  set(
    key: string,
    value: Buffer,
    options: { readonly expiry: { readonly type: string; readonly count: number } },
  ): Promise<unknown>;
  del(keys: readonly string[]): Promise<number>;
  close(): void;
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value === null) return undefined;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`valkey-glide gave ${typeof value} where its decoder promises bytes`);
}

function bufferOver(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
