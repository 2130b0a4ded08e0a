import type { Item } from './memcached-item.ts';
import type { MemcachedStore } from './memcached-store.ts';

/** What a command leads to. The replies of several commands wait for one another, as in memcached. */
export type Step =
  | { readonly kind: 'next' }
  /** What waits is sent. */
  | { readonly kind: 'flush' }
  /** So many bytes belong to the command; then it goes on. */
  | {
      readonly kind: 'value';
      readonly bytes: number;
      readonly complete: (value: Buffer) => Step;
    }
  /** So many bytes are thrown away. */
  | { readonly kind: 'swallow'; readonly bytes: number }
  /** At once: what waits is lost. */
  | { readonly kind: 'close' }
  /** After what waits is sent. */
  | { readonly kind: 'end' };

/** One connection as a command sees it. */
export interface Exchange {
  readonly store: MemcachedStore;
  /** The client asked for no reply (`noreply`, `q`). Off again at each command. */
  isQuiet: boolean;
  /** Queues a reply. */
  reply(bytes: Buffer): void;
  /** An unsent reply refers to the item: memcached does not change its bytes in place meanwhile. */
  hold(item: Item): void;
  /** Gives up the replies that were not sent yet, those of earlier commands too. */
  forgetUnsent(): void;
  counters: Counters;
  server: ServerFacts;
}

/** What `stats` tells. */
export interface Counters {
  gets: number;
  hits: number;
  misses: number;
  sets: number;
  touches: number;
  flushes: number;
}

export interface ServerFacts {
  readonly connections: () => number;
  readonly connectionsEver: () => number;
  readonly connectionsMax: number;
}

/** The server says that it is this version: it answers as this one does. */
export const memcachedVersion = '1.6.18';
export const keyBytesMax = 250;

export const next: Step = { kind: 'next' };
export const flush: Step = { kind: 'flush' };

/** A line of text, unless the client wants no reply. */
export function answer(exchange: Exchange, text: string): Step {
  if (!exchange.isQuiet) exchange.reply(Buffer.from(`${text}\r\n`, 'latin1'));
  return next;
}

/** A line of text that even a client that wants no reply is given. */
export function answerAnyway(exchange: Exchange, text: string): Step {
  exchange.isQuiet = false;
  return answer(exchange, text);
}

/** Names and values for `stats`, in memcached's order. */
export function statistics({ store, counters, server }: Exchange): [string, string][] {
  const facts = store.statistics();
  const uptime = store.nowSeconds() - 60;
  const numbers: Record<string, number | string> = {
    pid: 0,
    uptime,
    time: facts.startUnixSeconds - 62 + store.nowSeconds(),
    version: memcachedVersion,
    pointer_size: 64,
    max_connections: server.connectionsMax,
    curr_connections: server.connections(),
    total_connections: server.connectionsEver(),
    cmd_get: counters.gets,
    cmd_set: counters.sets,
    cmd_flush: counters.flushes,
    cmd_touch: counters.touches,
    get_hits: counters.hits,
    get_misses: counters.misses,
    limit_maxbytes: facts.bytesMax,
    threads: 1,
    bytes: facts.bytes,
    curr_items: facts.items,
    total_items: facts.itemsEver,
    evictions: facts.evictions,
  };
  return Object.entries(numbers).map(([name, value]) => [name, String(value)]);
}
