import type { Recorder, WireConnectionRow } from '../model/rows.ts';
import type { World } from '../model/world.ts';
import type { Arrival } from './rule.ts';
import type { ActiveRule } from './rule-set.ts';
import { reset, type WireSocket } from './wire-socket.ts';

export interface ArrivalsOptions {
  readonly world: Pick<World, 'clock'>;
  readonly recorder: Pick<Recorder, 'nextId' | 'wireConnection'>;
  readonly limits: { readonly resetDelayMs: number; readonly lingerMsMax: number };
  /** Which door a client came to, from 1; all came to the first when it is absent. */
  readonly doorOf?: (client: WireSocket) => number;
  /** The next ordinal of a connection. */
  readonly nextOrdinal: () => number;
  /** Serves a connection that has waited. */
  readonly serve: (client: WireSocket) => void;
}

/** New connections that a rule keeps from the server: ended at once, or left waiting. */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #waiting = new Map<WireSocket, ActiveRule>();
  readonly #closing = new Set<WireSocket>();
  readonly #closed = new AbortController();

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  take(client: WireSocket, arrival: Arrival, by: ActiveRule): void {
    // A socket without a listener for its error would end the process.
    client.on('error', () => undefined);
    if (arrival.type === 'close') {
      void this.#end(client, arrival, by.faultId);
      return;
    }
    this.#waiting.set(client, by);
    const openedNs = this.#options.world.clock.nowNs();
    const { faultId } = by;
    client.on('close', () => {
      if (!this.#waiting.delete(client)) return;
      this.#record(client, { openedNs, closedBy: 'client', how: null, faultId });
    });
  }

  /** The rule is left: who still waits for it is served now, in the order of arrival. */
  release(by: ActiveRule): void {
    for (const [client, rule] of this.#waiting) {
      if (rule !== by) continue;
      this.#waiting.delete(client);
      this.#options.serve(client);
    }
  }

  /** Ends all of them. */
  close(): void {
    this.#closed.abort();
    for (const client of [...this.#waiting.keys(), ...this.#closing]) client.destroy();
    this.#waiting.clear();
  }

  async #end(
    client: WireSocket,
    { how, words }: Extract<Arrival, { type: 'close' }>,
    faultId: string,
  ): Promise<void> {
    const { limits } = this.#options;
    const openedNs = this.#options.world.clock.nowNs();
    this.#record(client, { openedNs, closedBy: 'rule', how, faultId });
    this.#closing.add(client);
    client.on('close', () => this.#closing.delete(client));
    if (words.length > 0) client.write(words);
    if (how === 'fin') {
      // What the client says is read and dropped: closing with unread bytes would turn the FIN into an RST.
      client.on('data', () => undefined);
      client.on('end', () => client.destroy());
      client.end();
      await this.#sleep(limits.lingerMsMax);
      client.destroy();
      return;
    }
    if (words.length > 0) await this.#sleep(limits.resetDelayMs);
    reset(client);
  }

  #record(
    client: WireSocket,
    life: Pick<WireConnectionRow, 'openedNs' | 'closedBy' | 'how' | 'faultId'>,
  ): void {
    const { recorder, nextOrdinal, doorOf, world } = this.#options;
    recorder.wireConnection({
      id: recorder.nextId('wire_connection'),
      connection: nextOrdinal(),
      door: doorOf?.(client) ?? 1,
      closedNs: world.clock.nowNs(),
      outstanding: 0,
      ...life,
    });
  }

  async #sleep(forMs: number): Promise<void> {
    const { clock } = this.#options.world;
    try {
      await clock.sleepUntil(clock.nowNs() + forMs * 1e6, this.#closed.signal);
    } catch (error) {
      if (!this.#closed.signal.aborted) throw error;
    }
  }
}
