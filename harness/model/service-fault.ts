import type { EvictionPolicy, KeptData } from './service.ts';
import type { Ratio } from './world.ts';

/** What can be done to a backing service itself, past the wire. All of it ends when the fault is healed. */
export type ServiceFault =
  | KillFault
  | PauseFault
  | StarveFault
  | LoadingFault
  | MemoryLimitFault
  | ConnectionLimitFault
  | FailoverFault
  | MoveSlotsFault;

/** SIGKILL of a backing service; healing starts it again, empty unless told, on the same stable port. */
export interface KillFault {
  readonly kind: 'kill';
  readonly service: 'cache';
  /** What it holds when it comes back. `kept`: all that it held at the kill. As the service is set up (mostly empty) unless told. */
  readonly data?: KeptData;
  /** Whether it comes back where it was or at another address; the wire keeps its own. Either unless told. */
  readonly address?: 'same' | 'another';
}

/** SIGSTOP, and SIGCONT when healed: connections stand, and nothing is answered until then. */
export interface PauseFault {
  readonly kind: 'pause';
  readonly service: 'cache';
}

/** Too little processor time: of each period the service runs for a share only, and is stopped for the rest. */
export interface StarveFault {
  readonly kind: 'starve';
  readonly service: 'cache';
  /** More than 0, less than 1. */
  readonly runShare: Ratio;
  /** 20 at least. */
  readonly periodMs: number;
}

/** The service dies, comes back at once and loads its own dump: everything is answered with LOADING meanwhile, until healed at most. */
export interface LoadingFault {
  readonly kind: 'loading';
  readonly service: 'cache';
  /**
   * How long loading takes, about. Clients believe what the server says of its end (ioredis waits that long before it looks
   * again), so this is best as long as the fault is in force. 10 seconds unless told.
   */
  readonly forMs?: number;
}

/** `maxmemory` becomes a share of what the data takes when the fault begins. */
export interface MemoryLimitFault {
  readonly kind: 'limit-memory';
  readonly service: 'cache';
  /** More than 0. */
  readonly shareOfUsed: Ratio;
  readonly eviction: EvictionPolicy;
}

/** `maxclients` is lowered and everybody's connection ended, so that only the first to come back find room. */
export interface ConnectionLimitFault {
  readonly kind: 'limit-connections';
  readonly service: 'cache';
  /** How many find room; 0 for nobody. */
  readonly connectionsMax: number;
}

/** The primary is killed and Sentinel promotes its replica; healing brings the old primary back as a replica. */
export interface FailoverFault {
  readonly kind: 'failover';
  readonly service: 'cache';
}

/**
 * Slots that hold keys move to one node of a cluster under load, until healed or until that node has all of them. While a slot moves,
 * clients are sent after its keys with ASK; once it has moved, with MOVED.
 */
export interface MoveSlotsFault {
  readonly kind: 'move-slots';
  readonly service: 'cache';
  /** The node that gets them, from 1. */
  readonly toNode: number;
  /** How many slots are between two nodes at one time. */
  readonly slotsAtOnce: number;
  readonly keysPerStep: number;
  /** How long a slot stays as it is after each step. */
  readonly stepMs: number;
}
