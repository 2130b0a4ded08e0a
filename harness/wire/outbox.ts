import type { Clock, Nanoseconds } from '../model/world.ts';
import { Queue } from './queue.ts';

interface Waiting<Parcel> {
  readonly parcel: Parcel;
  readonly bytes: number;
  readonly notBeforeNs: Nanoseconds;
  readonly faultId: string;
}

interface OutboxOptions<Parcel> {
  readonly clock: Clock;
  /** Called in the order of `put`, once a parcel. */
  readonly deliver: (parcel: Parcel, faultId: string) => void;
}

interface Hold {
  readonly untilNs: Nanoseconds;
  readonly faultId: string;
}

/** What is on its way to a client while replies are held: a queue that lets nothing overtake. */
export class Outbox<Parcel> {
  readonly #clock: Clock;
  readonly #deliver: (parcel: Parcel, faultId: string) => void;
  readonly #waiting = new Queue<Waiting<Parcel>>();
  readonly #released = new Set<string>();
  #hold: Hold | null = null;
  #alarm: AbortController | null = null;
  #isPumping = false;
  bytes = 0;

  constructor({ clock, deliver }: OutboxOptions<Parcel>) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Whether what comes now has to be put in here. When not, the caller may deliver it by itself. */
  get mustWait(): boolean {
    return !this.isEmpty || this.#hold !== null;
  }

  /** From now on nothing is delivered before `untilNs`, nor before what is held already. */
  hold(hold: Hold): void {
    this.#hold = hold;
    this.#released.delete(hold.faultId);
  }

  put(parcel: Parcel, bytes: number): void {
    const { untilNs, faultId } = this.#hold ?? { untilNs: 0, faultId: '' };
    this.#waiting.push({ parcel, bytes, notBeforeNs: untilNs, faultId });
    this.bytes += bytes;
    void this.#pump();
  }

  /** A fault is over: what waited for it waits no longer, other than for its turn. Delivers before it returns. */
  release(faultId: string): void {
    this.#released.add(faultId);
    if (this.#hold?.faultId === faultId) this.#hold = { untilNs: 0, faultId };
    this.#deliverDue();
    this.#alarm?.abort();
  }

  /** Takes out everything that was not delivered, in order. */
  clear(): { readonly parcel: Parcel; readonly faultId: string }[] {
    const rest = this.#waiting.drain();
    this.bytes = 0;
    this.#hold = null;
    this.#alarm?.abort();
    return rest;
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#deliverDue();
    for (let head = this.#waiting.first; head !== undefined; head = this.#waiting.first) {
      await this.#sleepUntil(head);
      this.#deliverDue();
    }
    this.#isPumping = false;
  }

  #deliverDue(): void {
    const nowNs = this.#clock.nowNs();
    for (let head = this.#waiting.first; head !== undefined; head = this.#waiting.first) {
      if (head.notBeforeNs > nowNs && !this.#released.has(head.faultId)) return;
      this.#waiting.shift();
      this.bytes -= head.bytes;
      // With the last parcel the hold is over, so that replies which come later need not take the way through here.
      if (this.isEmpty) this.#hold = null;
      this.#deliver(head.parcel, head.faultId);
    }
  }

  async #sleepUntil(head: Waiting<Parcel>): Promise<void> {
    const alarm = new AbortController();
    this.#alarm = alarm;
    try {
      await this.#clock.sleepUntil(head.notBeforeNs, alarm.signal);
    } catch {
      // Woken early, because the fault was left or the connection ended. A clock that fails by itself must not hold replies for ever.
      if (!alarm.signal.aborted) this.#released.add(head.faultId);
    }
  }
}
