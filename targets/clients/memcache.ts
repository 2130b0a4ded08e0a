import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';
import { withinDeadline } from './deadline.ts';
import { defineTarget } from './define-target.ts';
import { untilClosed } from './until-closed.ts';
import { wholeSeconds } from './whole-seconds.ts';

/**
 * memcache (jaredwray), over memcached's text protocol: one connection, `gets` for a page of keys. It stores strings, and nothing of it turns bytes into
 * them (its hooks see a value and cannot change it), so values are base64.
 */
const memcache: Target = defineTarget({
  name: 'memcache',
  package: 'memcache',
  version: '1.10.0',
  protocol: 'memcached',
  limits: {
    valueBytesMax: 785_664,
    ttlStepMs: 1_000,
    because:
      'base64 of it has to fit into an item of 1 MB, its head included; expiry is in seconds',
  },
  lacks: [
    { ability: 'abort-signal', because: 'no call of memcache takes an AbortSignal' },
    { ability: 'deadline', because: 'its timeout holds for a whole client, not for one call' },
    {
      ability: 'get-or-load',
      because: 'memcache speaks the protocol only; it has no read-through',
    },
    {
      ability: 'told-errors',
      because:
        'get and gets give nothing when they fail, as its README says (Methods Without Retry Support)',
    },
    {
      ability: 'awkward-keys',
      because: 'keys are measured in characters and not in bytes',
      which: ['a key of 200 characters and 400 bytes'],
    },
  ],
  unwrap: fromBase64,
  open: openMemcache,
});
export default memcache;

async function openMemcache({ endpoint, library, timeoutMs }: OpenOptions): Promise<CacheClient> {
  const { Memcache } = library as MemcacheModule;
  const client = new Memcache({
    nodes: [`${endpoint.host}:${endpoint.port}`],
    // Operation timeout in milliseconds (README, Options); 5,000 by default.
    timeout: timeoutMs,
  });
  // Each call that suffers from an error says so in its own way.
  client.on('error', () => {});
  // README, Connection Management; without it each call that comes while it connects for the first time opens a connection of its own.
  await client.connect().catch(() => undefined);
  const open = untilClosed();
  const answered = async <T>(call: () => Promise<T>, says: string): Promise<T> =>
    open.call(() => withinDeadline(call(), timeoutMs, says));
  return {
    get: async (key) => bytesOf(await answered(() => client.get(key), `get of ${key}`)),
    getMany: async (keys) => {
      const says = `a multi-get of ${keys.length} keys`;
      const found = await answered(() => client.gets([...keys]), says);
      return keys.map((key) => bytesOf(found.get(key)));
    },
    set: async (key, value, ttlMs) => {
      const [text, seconds] = [base64Of(value), wholeSeconds(ttlMs)];
      const isStored = await answered(() => client.set(key, text, seconds), `set of ${key}`);
      if (!isStored) throw new Error(`memcache did not store ${key}`);
    },
    delete: async (key) => {
      // It says false both for a key that is not there and for a delete that failed.
      await answered(() => client.delete(key), `delete of ${key}`);
    },
    [Symbol.asyncDispose]: async () => {
      open.close();
      await client.disconnect();
    },
  };
}

interface MemcacheModule {
  readonly Memcache: new (options: {
    readonly nodes: readonly string[];
    readonly timeout: number;
  }) => Memcache;
}

interface Memcache {
  get(key: string): Promise<string | undefined>;
  gets(keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  set(key: string, value: string, seconds: number): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  on(event: 'error', listener: (node: string, error: Error) => void): unknown;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

function bytesOf(value: string | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : Buffer.from(value, 'base64');
}

/** What is no base64 as it is written here is no value of this target's. */
function fromBase64(stored: Uint8Array): Uint8Array {
  const text = Buffer.from(stored).toString('latin1');
  const value = Buffer.from(text, 'base64');
  return base64Of(value) === text ? value : stored;
}

function base64Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
