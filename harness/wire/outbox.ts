import type { Clock, Nanoseconds } from '../model/world.ts';
import { Queue } from './queue.ts';

interface Waiting<Parcel> {
  readonly parcel: Parcel;
  readonly bytes: number;
  readonly hold: Hold;
  readonly gap: Gap | null;
  readonly sinceNs: Nanoseconds;
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

/** How long a parcel comes after the one before it at least. */
export interface Gap {
  readonly forNs: Nanoseconds;
  readonly faultId: string;
}

/** What is on its way to a client while replies are held or paced: a queue that lets nothing overtake. */
export class Outbox<Parcel> {
  readonly #clock: Clock;
  readonly #deliver: (parcel: Parcel, faultId: string) => void;
  readonly #waiting = new Queue<Waiting<Parcel>>();
  readonly #released = new Set<string>();
  #hold: Hold | null = null;
  #alarm: AbortController | null = null;
  #isPumping = false;
  #deliveredNs: Nanoseconds = 0;
  /** For what waits only because something before it does. */
  #blamed = '';
  bytes = 0;

  constructor({ clock, deliver }: OutboxOptions<Parcel>) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Whether what comes now has to be put in here. When not, the caller may deliver it by itself. */
  get mustWait(): boolean {
    return !this.isEmpty || this.#hold !== null;
  }

  /** From now on nothing is delivered before `untilNs`, nor before what is held already. */
  hold(hold: Hold): void {
    this.#hold = hold;
    this.#blamed = hold.faultId;
    this.#released.delete(hold.faultId);
  }

  put(parcel: Parcel, bytes: number, gap: Gap | null = null): void {
    if (gap !== null) {
      this.#blamed = gap.faultId;
      this.#released.delete(gap.faultId);
    }
    const hold = this.#hold ?? { untilNs: 0, faultId: this.#blamed };
    this.#waiting.push({ parcel, bytes, hold, gap, sinceNs: this.#clock.nowNs() });
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
    return rest.map((one) => ({ parcel: one.parcel, faultId: blamedFor(one) }));
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
    for (let head = this.#waiting.first; head !== undefined; head = this.#waiting.first) {
      // Asked anew for each, because a gap counts from when the piece before was really written.
      const nowNs = this.#clock.nowNs();
      if (this.#dueNs(head) > nowNs) return;
      this.#deliveredNs = nowNs;
      this.#waiting.shift();
      this.bytes -= head.bytes;
      // With the last parcel the hold is over, so that replies which come later need not take the way through here.
      if (this.isEmpty) this.#hold = null;
      this.#deliver(head.parcel, blamedFor(head));
    }
  }

  #dueNs({ hold, gap, sinceNs }: Waiting<Parcel>): Nanoseconds {
    const holdNs = this.#released.has(hold.faultId) ? 0 : hold.untilNs;
    if (gap === null || this.#released.has(gap.faultId)) return holdNs;
    return Math.max(holdNs, Math.max(this.#deliveredNs, sinceNs) + gap.forNs);
  }

  async #sleepUntil(head: Waiting<Parcel>): Promise<void> {
    const alarm = new AbortController();
    this.#alarm = alarm;
    try {
      await this.#clock.sleepUntil(this.#dueNs(head), alarm.signal);
    } catch {
      // Woken early, because the fault was left or the connection ended. A clock that fails by itself must not hold replies for ever.
      if (!alarm.signal.aborted) this.#letGo(head);
    }
  }

  #letGo({ hold, gap }: Waiting<Parcel>): void {
    this.#released.add(hold.faultId);
    if (gap !== null) this.#released.add(gap.faultId);
  }
}

function blamedFor<Parcel>({ hold, gap }: Waiting<Parcel>): string {
  return gap?.faultId ?? hold.faultId;
}
