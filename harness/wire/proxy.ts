import type { CutKind, WireRule } from '../model/fault.ts';
import type { Recorder } from '../model/rows.ts';
import type { World } from '../model/world.ts';
import { Arrivals } from './arrivals.ts';
import {
  type ConnectionLimits,
  connectionLimits,
  type Ending,
  type Notice,
  WireConnection,
} from './connection.ts';
import type { Protocol } from './framing.ts';
import type { Listener } from './refuse-connections.ts';
import { resp } from './resp.ts';
import { type ActiveRule, RuleSet } from './rule-set.ts';
import { reset, type WireSocket } from './wire-socket.ts';

export type WireLimits = ConnectionLimits;

export interface WireOptions {
  readonly world: Pick<World, 'clock' | 'log' | 'rng'>;
  readonly recorder: Pick<Recorder, 'nextId' | 'wire' | 'wireConnection'>;
  /** A new connection to the server for a client; it need not be established yet. When it throws, the client gets a reset. */
  readonly connectUpstream: (client: WireSocket) => WireSocket;
  /** Which door a client came to, from 1, for the record; all came to the first when it is absent. */
  readonly doorOf?: (client: WireSocket) => number;
  /** Hexadecimal SHA-1 of the bytes; the first 16 digits are kept. */
  readonly digest: (bytes: Uint8Array) => string;
  /** Which camera's picture a payload is, or null; must look at a few bytes only. Without it no row says so. */
  readonly peek?: (payload: Uint8Array) => string | null;
  /** The port that `refuse-connections` closes. Without one that rule cannot be installed. */
  readonly listener?: Listener;
  /** RESP unless said otherwise. */
  readonly protocol?: Protocol;
  readonly limits?: Partial<WireLimits>;
}

/** What the wire has seen so far. */
export interface WireCounters {
  readonly accepted: number;
  readonly open: number;
  /** Connections that could not be paired any more, and passed on unread from there. */
  readonly unread: number;
  /** Connections that met the limit of this name. */
  readonly outstandingMax: number;
  readonly heldBytesMax: number;
}

/** The proxy between a cache client and its server. */
export interface Wire {
  /** Takes over a client's connection. */
  accept(client: WireSocket): void;
  /** Resolves when the rule is in effect. Rejects when the fault id is in use or the rule makes no sense. */
  install(faultId: string, rule: WireRule): Promise<InstalledRule>;
  counters(): WireCounters;
  /** Ends every connection. When it resolves every row is written; nothing is accepted any more. */
  close(): Promise<void>;
}

/** Disposing heals: nothing new is cut or held, what is held goes on in order, the port is open again. Twice is a no-op. */
export interface InstalledRule extends AsyncDisposable {
  /** How often it acted: connections cut or kept waiting, replies held or paced, commands answered. */
  bit(): number;
}

/**
 * A function over sockets that are given to it; it listens nowhere and connects to nothing by itself. Sound by
 * construction: on each connection the client is given a prefix of what the server sent, byte for byte and in order; a command
 * that a rule answers is never forwarded, and its error stands where the reply would.
 */
export function createWire(options: WireOptions): Wire {
  const { world, protocol = resp() } = options;
  const limits = { ...connectionLimits, ...options.limits };
  const rules = new RuleSet({ clock: world.clock, rng: world.rng, protocol: protocol.name });
  const open = new Set<WireConnection>();
  const seen = { accepted: 0, unread: 0, outstandingMax: 0, heldBytesMax: 0 };
  let isClosed = false;

  const onNotice = (connection: number, kind: Notice, says: string): void => {
    seen[kind] += 1;
    // The first of a kind is news; the counters have the rest.
    if (seen[kind] === 1) world.log(`wire: connection ${connection} ${says}`);
  };

  const connect = (client: WireSocket, upstream: WireSocket): void => {
    seen.accepted += 1;
    const ordinal = seen.accepted;
    const connection: WireConnection = new WireConnection({
      ...options,
      connection: ordinal,
      client,
      upstream,
      protocol,
      rules,
      limits,
      onNotice: (kind, says) => onNotice(ordinal, kind, says),
      onGone: () => {
        open.delete(connection);
        rules.forget(ordinal);
      },
    });
    open.add(connection);
  };

  const arrivals = new Arrivals({
    ...options,
    limits,
    nextOrdinal: () => (seen.accepted += 1),
    serve: (client) => acceptThrough(options, client, connect),
  });

  const endAll = (how: CutKind, active: ActiveRule): void => {
    const ending: Ending = { by: 'rule', how, faultId: active.faultId, inside: null };
    for (const connection of open) if (active.budget.take()) connection.end(ending);
  };

  return {
    accept: (client) => {
      const refusing = rules.refusing;
      if (isClosed || refusing !== undefined) {
        // It was on its way in when the port was closed.
        if (refusing?.rule.refuses?.established !== null) refusing?.budget.take();
        turnAway(client);
        return;
      }
      const kept = rules.takeArrival();
      if (kept === null) acceptThrough(options, client, connect);
      else arrivals.take(client, kept.arrival, kept.by);
    },
    install: async (faultId, wireRule) => {
      const active = rules.add(faultId, wireRule, seen.accepted);
      const { refuses } = active.rule;
      if (refuses !== undefined) {
        if (options.listener === undefined) {
          rules.remove(active);
          throw new Error(`wire rule ${faultId} needs a listener to close; give createWire one`);
        }
        // Of several rules the first closes the port, and the last that is left opens it.
        const isFirst = rules.refusing === active;
        if (isFirst) await closePort(options.listener, () => rules.remove(active));
        if (refuses.established === null) active.budget.take();
        else endAll(refuses.established, active);
      }
      for (const connection of open) {
        if (active.rule.onIdle !== undefined) connection.considerIdle(true);
        if (active.rule.stopsReading !== undefined) connection.considerReading();
        if (active.rule.silences !== undefined) connection.considerSilence();
      }
      return installed(active, async () => {
        rules.remove(active);
        for (const connection of open) connection.release(faultId);
        arrivals.release(active);
        const isLast = refuses !== undefined && rules.refusing === undefined;
        if (isLast && !isClosed) await options.listener?.open();
      });
    },
    counters: () => ({ ...seen, open: open.size }),
    close: async () => {
      isClosed = true;
      arrivals.close();
      for (const connection of open) connection.destroy();
    },
  };
}

function acceptThrough(
  { connectUpstream, world }: WireOptions,
  client: WireSocket,
  connect: (client: WireSocket, upstream: WireSocket) => void,
): void {
  let upstream: WireSocket;
  try {
    upstream = connectUpstream(client);
  } catch (error) {
    world.log(`wire: no way to the server: ${String(error)}`);
    turnAway(client);
    return;
  }
  connect(client, upstream);
}

async function closePort(listener: Listener | undefined, onFailure: () => void): Promise<void> {
  try {
    await listener?.close();
  } catch (error) {
    onFailure();
    throw error;
  }
}

function turnAway(client: WireSocket): void {
  // A socket without a listener for its error would end the process.
  client.on('error', () => undefined);
  reset(client);
}

function installed(active: ActiveRule, leave: () => Promise<void>): InstalledRule {
  let left: Promise<void> | null = null;
  return {
    bit: () => active.budget.taken,
    [Symbol.asyncDispose]: () => (left ??= leave()),
  };
}
