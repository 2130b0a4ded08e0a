import type { CacheTopology } from './plan.ts';
import type { World } from './world.ts';

/** What a cache client and its cache speak: RESP, or memcached's text, meta or binary protocol. */
export type CacheProtocol = 'resp' | 'memcached';

/** One cache library, as the reference backend uses it. */
export interface Target {
  /** The word on the command line. */
  readonly name: string;
  /** The npm package that `@VERSION` is looked up in. */
  readonly package: string;
  /** The version that is meant where none is named and none is installed; it is fetched once. Exact. */
  readonly version?: string;
  /** Other packages that the library is used with, and their exact versions; they are fetched together with it. */
  readonly companions?: Readonly<Record<string, string>>;
  /** What else of these packages is imported, by the name in the import: `unstorage/drivers/redis`. It comes with the companions. */
  readonly entries?: readonly string[];
  /** In another language: the program that is built with the library, which `package` then names in the registry of that language. */
  readonly program?: TargetProgram;
  readonly protocol: CacheProtocol;
  /** Abilities that the library does not have, each with a reason. A stated lack that proves false fails the contract. */
  readonly lacks: readonly Lack[];
  /** What its cache, or its way of storing, does not take as it is given. Nothing is limited that is absent. */
  readonly limits?: TargetLimits;
  /**
   * The bytes that were set, of a value as the library has it in the cache; for a library that stores them in a form of its own. What is
   * not in that form is given back as it is.
   */
  readonly unwrap?: (stored: Uint8Array) => Uint8Array;
  /** What the library puts before every key; nothing when it is absent. */
  readonly keyPrefix?: string;
  /** How its cache has to be set up; one server will do when it is absent. */
  readonly topology?: CacheTopology;
  /** `invalidations`: the cache tells a client when what it keeps has changed (CLIENT TRACKING), which the embedded server does not. */
  readonly needs?: 'invalidations';
  /** Other ways of using the library, by the word behind the colon of a target's name: `ioredis:cluster`. */
  readonly variants?: Readonly<Record<string, TargetVariant>>;
  /** What can be set behind the `?` of a target's name: `ioredis?autopipelining=true`. Holds with every variant. */
  readonly options?: Readonly<Record<string, TargetOption>>;
  open(options: OpenOptions): Promise<CacheClient>;
}

/** Another way of using a library than its plain one; what is absent is as there. */
export interface TargetVariant {
  /** In one line, for `crosswire list targets`. */
  readonly says: string;
  readonly topology?: CacheTopology;
  readonly needs?: 'invalidations';
  /** With the companions, where it goes with other ones. */
  readonly version?: string;
  readonly companions?: Readonly<Record<string, string>>;
  readonly protocol?: CacheProtocol;
  readonly lacks?: readonly Lack[];
  readonly limits?: TargetLimits;
  readonly keyPrefix?: string;
  /** Beside the options of the target. */
  readonly options?: Readonly<Record<string, TargetOption>>;
  open(options: OpenOptions): Promise<CacheClient>;
}

/** A program that speaks the stdio protocol (docs/stdio-targets.md), in a folder of its own: `targets/languages/LANGUAGE/FOLDER`. */
export interface TargetProgram {
  readonly language: 'python' | 'go' | 'rust' | 'java';
  readonly folder: string;
}

export interface TargetOption {
  /** In one line, for `crosswire list targets`. */
  readonly says: string;
  /** The words that it takes, or the whole numbers, both ends included. */
  readonly takes: readonly string[] | { readonly min: number; readonly max: number };
}

/** What a target's name says beside the target. */
export interface TargetWords {
  readonly variant?: string;
  /** Values by option, as they were written. */
  readonly options?: Readonly<Record<string, string>>;
}

/** A limit that proves false fails the contract, as a lack does: what is over it is refused, and never cut. */
export interface TargetLimits {
  /** The longest value that is kept, whatever bytes it is made of. */
  readonly valueBytesMax?: number;
  /** Times to live are rounded up to whole steps of so many milliseconds. */
  readonly ttlStepMs?: number;
  readonly because: string;
}

/**
 * `awkward-keys`: a key that the server does not take is refused, and does no harm to other calls. `told-errors`: a read that failed
 * rejects, and is not taken for a miss. `ends-while-away`: closed while its server is away, nothing of it keeps the process alive.
 * `asks-each-time`: it keeps no copies of its own, so what it gives is what the cache has. `one-load`: callers of one key at the same time
 * share one load. `own-bytes`: who changes the bytes that `getOrLoad` gave changes them for nobody else. `last-delete`: a delete also ends
 * the copy that a read under way would leave behind.
 */
export interface Lack {
  readonly ability:
    | 'abort-signal'
    | 'asks-each-time'
    | 'awkward-keys'
    | 'deadline'
    | 'ends-while-away'
    | 'get-or-load'
    | 'last-delete'
    | 'one-load'
    | 'own-bytes'
    | 'told-errors';
  readonly because: string;
  /** Of `awkward-keys`: which of the contract's keys are meant, in its words. */
  readonly which?: readonly string[];
}

export interface OpenOptions {
  readonly endpoint: Endpoint;
  /** All nodes where the cache is a cluster; `endpoint` is the first of them. Absent otherwise. */
  readonly nodes?: readonly Endpoint[];
  /** Options of the target's name, their words checked; absent are those that were not named. */
  readonly words?: Readonly<Record<string, string>>;
  /** The loaded module (its namespace object) at the version that was asked for. */
  readonly library: unknown;
  /** The loaded modules of the target's companions, by the name of their package. */
  readonly companions?: Readonly<Record<string, unknown>>;
  /** How long one call may take before the client must reject it. */
  readonly timeoutMs: number;
  /** Told of each process that the client starts, so that it can be ended by somebody else where this process is killed. */
  readonly onProcess?: (processId: number) => void;
  readonly world: World;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface CallOptions {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** What every cache client can do. Values are bytes; a key that is not there is `undefined`; everything else that goes wrong rejects. */
export interface CacheClient extends AsyncDisposable {
  get(key: string, options?: CallOptions): Promise<Uint8Array | undefined>;
  /** Through the library's own pipeline or multi-get; one answer a key, in the order of the keys. */
  getMany(
    keys: readonly string[],
    options?: CallOptions,
  ): Promise<readonly (Uint8Array | undefined)[]>;
  set(key: string, value: Uint8Array, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /**
   * Through the library's own read-through, with its own protection against a stampede: the cached value, or what `load` gives, which the
   * library then stores for `ttlMs`. `undefined` from `load` means that there is nothing, and is not stored. Absent where a target
   * lacks `get-or-load`.
   */
  getOrLoad?(
    key: string,
    load: () => Promise<Uint8Array | undefined>,
    options: CallOptions & { readonly ttlMs: number },
  ): Promise<Uint8Array | undefined>;
}
