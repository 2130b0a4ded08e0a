import type { Endpoint } from './target.ts';

/** Where a backing service comes from: one provider, whatever runs it. */
export interface Provider {
  readonly name: 'external' | 'process' | 'container' | 'embedded';
  available(): Promise<Availability>;
  /** Rejects with the service's last log lines when it does not come up; nothing is left running then. */
  start(signal: AbortSignal): Promise<StartedService>;
}

export type Availability =
  | { readonly state: 'available'; readonly says: string }
  | { readonly state: 'missing'; readonly says: string; readonly needs: string };

/** Which service is wanted, and how it is set up. What is absent is the service's own default, without persistence. */
export type ServiceSpec = RedisSpec | MemcachedSpec | NginxSpec;

export interface RedisSpec {
  readonly service: 'redis' | 'valkey';
  /** What a kill leaves for the next start, unless the kill says otherwise. `empty` unless told. */
  readonly data?: KeptData;
  /** `maxmemory`, in bytes. */
  readonly usedBytesMax?: number;
  /** `maxmemory-policy`. */
  readonly eviction?: EvictionPolicy;
  /** `maxclients`. */
  readonly connectionsMax?: number;
  /** Lines as in redis.conf; they win over everything else. */
  readonly configuration?: readonly string[];
}

export interface MemcachedSpec {
  readonly service: 'memcached';
  /** `-m`, in mebibytes. */
  readonly usedMebibytesMax?: number;
  /** `-c`. */
  readonly connectionsMax?: number;
  /** Further words for its command line, for example `-o`, `no_lru_crawler`. */
  readonly parameters?: readonly string[];
}

/** A shared HTTP cache in front of an origin. */
export interface NginxSpec {
  readonly service: 'nginx';
  readonly origin: Endpoint;
  /** `proxy_cache_key`, for example `$uri$is_args$args$cookie_session`. A key that leaves the session out mixes people up. */
  readonly cacheKey: string;
  /** What a kill leaves for the next start, unless the kill says otherwise. `empty` unless told. */
  readonly data?: KeptData;
  /** `worker_connections`: connections of clients and to the origin together. */
  readonly connectionsMax?: number;
  /** Further directives of the location that is cached, for example `proxy_ignore_headers Set-Cookie;`. */
  readonly configuration?: readonly string[];
}

/** A shared HTTP cache in front of an origin, as a process only. */
export interface VarnishSpec {
  readonly service: 'varnish';
  readonly origin: Endpoint;
  /** What is hashed, as VCL says it: `req.url`, `req.http.authorization`. */
  readonly cacheKey: readonly string[];
  /** How long an answer of 200 that says nothing of caching is kept, in whole seconds. */
  readonly freshSecondsUntold: number;
  /** Whether an answer that sets a cookie is kept, with its cookie. */
  readonly storeSetCookie?: boolean;
  /** What it may hold, 128 unless told. */
  readonly usedMebibytesMax?: number;
}

/** What is left of its data when a service comes back. */
export type KeptData = 'empty' | 'kept';

export type EvictionPolicy =
  | 'noeviction'
  | 'allkeys-lru'
  | 'allkeys-lfu'
  | 'allkeys-random'
  | 'volatile-lru'
  | 'volatile-lfu'
  | 'volatile-random'
  | 'volatile-ttl';

export interface StartedService extends AsyncDisposable {
  /** For the output and the record, for example `redis-server 7.0.15 (own process)`. */
  readonly says: string;
  readonly endpoint: Endpoint;
  /** The operating system's ids of what was started, for the reaper. Empty for an external service. */
  readonly processIds: readonly number[];
  /** What an injected kill can do to it. An external service is not ours to kill: its outage is made on the wire. */
  readonly abilities: { readonly kill: boolean };
  /** Resolves with a sentence when it ends without having been told to. Never rejects; stays open otherwise. */
  readonly died: Promise<string>;
  /** SIGKILL. Resolves when the process is gone. Rejects, and kills nothing, when data that it should keep cannot be kept. */
  kill(options?: KillOptions): Promise<void>;
  /** Starts it again, on an endpoint that may differ, with what the kill left. Resolves when it accepts connections. */
  restart(signal: AbortSignal, options?: RestartOptions): Promise<void>;
  /** SIGSTOP: it keeps its connections and answers nothing. Rejects when it does not run. Absent where that cannot be done. */
  readonly pause?: () => Promise<void>;
  /** SIGCONT. Does nothing to one that is not paused, or is gone. There where `pause` is. */
  readonly resume?: () => Promise<void>;
  /** A connection past the wire, to set and ask. Absent where the service is not a redis-server or valkey-server of ours. */
  readonly openConsole?: () => Promise<RedisConsole>;
  /** Absent where there is no replica to fail over to. */
  readonly failover?: FailoverControl;
  /** Absent where it is no cluster. */
  readonly cluster?: ClusterControl;
  /** Its last lines of output, for error messages. */
  logTail(): string;
}

export interface FailoverControl {
  /** SIGKILL of the primary. */
  killPrimary(): Promise<void>;
  /** Resolves when another one is primary, in the eyes of all who watch, and `endpoint` is its address. */
  promoted(signal: AbortSignal): Promise<void>;
  /** Starts what was killed, as a replica of today's primary. Resolves when it follows it. */
  rejoin(signal: AbortSignal): Promise<void>;
}

/** The nodes of a cluster and their slots. Nodes count from 0, slots are below 16,384. */
export interface ClusterControl {
  /** Where each node is; the first is where the service is. */
  readonly nodes: readonly Endpoint[];
  /** From now on the nodes send clients to these addresses, one a node, also after a restart. Resolves when each of them says so. */
  announce(addresses: readonly Endpoint[], signal: AbortSignal): Promise<void>;
  /** Which node has a slot now. */
  ownerOf(slot: number): number;
  /** The slots of a node that hold keys now. */
  slotsWithKeys(node: number): Promise<readonly number[]>;
  /** Moves a slot with its keys to another node, while clients go on. */
  moveSlot(move: SlotMove): Promise<SlotMoved>;
  /** Resolves when all nodes say the same of every slot. */
  agreed(signal: AbortSignal): Promise<void>;
  /** How often a node has sent a client elsewhere since it was started. */
  redirections(): Promise<Redirections>;
}

export interface SlotMove {
  readonly slot: number;
  /** The node that gets it. Slots that move at one time go to one node: two that gain slots at once can each believe the other. */
  readonly to: number;
  /** How many keys go at once. 10 unless told. */
  readonly keysPerStep?: number;
  /**
   * Awaited after each step, while some keys are here and some there: a client that asks for one that is
   * gone is sent on with ASK. When it rejects, the move is still brought to its end, and rejects then.
   */
  readonly afterStep?: (keysMoved: number) => Promise<void>;
}

export interface SlotMoved {
  readonly keys: number;
  readonly steps: number;
}

export interface Redirections {
  /** ASK: one command, elsewhere. */
  readonly asked: number;
  /** MOVED: all commands for the slot, elsewhere. */
  readonly moved: number;
}

export interface KillOptions {
  /** What the next start finds: nothing, or all that it held at this moment. */
  readonly data?: KeptData;
}

export interface RestartOptions {
  /** `same`: where it was before. `another`: surely not there. Either unless told. */
  readonly address?: 'same' | 'another';
  /** `held`: resolves while it still answers LOADING, and it goes on to do so for `loadingMs` or until told `CONFIG SET key-load-delay 0`. */
  readonly loading?: 'held';
  /** How long loading takes, about; what the server itself says of its end follows from it. 10 seconds unless told. */
  readonly loadingMs?: number;
}

export interface RedisConsole extends AsyncDisposable {
  /** Sends one command. Gives a string or number as text; rejects with the text of an error reply, or after 10 s without one. */
  say(...words: readonly string[]): Promise<string>;
}
