import type { CutKind } from '../model/fault.ts';
import type { Recorder, WireConnectionRow } from '../model/rows.ts';
import type { Nanoseconds, World } from '../model/world.ts';
import { type Gap, Outbox } from './outbox.ts';
import { type Action, Pairing, type PairingOptions } from './pairing.ts';
import { type Answer, ReplyLog, type ReplyLogOptions } from './reply-log.ts';
import type { RuleSet } from './rule-set.ts';
import { Brake, reset, type WireSocket } from './wire-socket.ts';

export interface ConnectionLimits {
  /** Commands without a reply on one connection. At the limit the client is not read until half of them are answered. */
  readonly outstandingMax: number;
  /** Bytes of held replies on one connection. Above it the server is not read until the hold is over. */
  readonly heldBytesMax: number;
  /** Between the moment the system has taken the last bytes and the reset, in milliseconds. */
  readonly resetDelayMs: number;
  /** How long a client that does not read may put off its reset, in milliseconds. */
  readonly flushMsMax: number;
  /** How long one side may stay open after the other has ended, in milliseconds. */
  readonly lingerMsMax: number;
}

export const connectionLimits: ConnectionLimits = {
  outstandingMax: 65_536,
  heldBytesMax: 16_777_216,
  resetDelayMs: 5,
  flushMsMax: 2_000,
  lingerMsMax: 2_000,
};

/** Pieces of paced replies on one connection above which its server is not read until they are delivered. */
const heldPiecesMax = 4_096;

export interface ConnectionOptions extends PairingOptions, ReplyLogOptions {
  readonly client: WireSocket;
  readonly upstream: WireSocket;
  readonly world: Pick<World, 'clock' | 'log'>;
  readonly recorder: Pick<Recorder, 'nextId' | 'wire' | 'wireConnection'>;
  readonly rules: RuleSet;
  /** Which door a client came to, from 1; all came to the first when it is absent. */
  readonly doorOf?: (client: WireSocket) => number;
  readonly limits: ConnectionLimits;
  /** Called for what people should know of: at most once a connection and kind. */
  readonly onNotice: (kind: Notice, says: string) => void;
  /** Called once, when both sides are gone and every row is written. */
  readonly onGone: () => void;
}

/** `unread`: the connection is not paired any more. The others: a limit was met, and the peer is made to wait. */
export type Notice = 'unread' | 'outstandingMax' | 'heldBytesMax';

/** How and by whom a connection is ended. */
export interface Ending {
  readonly by: WireConnectionRow['closedBy'];
  readonly how: CutKind;
  readonly faultId: string | null;
  /** The reply of which the client got some bytes. */
  readonly inside: Answer | null;
}

/** Something for the client, in its turn: bytes with the answers that they complete, or the end. */
type Parcel =
  | {
      readonly type: 'pass';
      readonly bytes: Uint8Array;
      readonly answers: readonly Answer[];
      readonly gap: Gap | null;
    }
  | { readonly type: 'end'; readonly ending: Ending };

/** Nothing goes to the client any more, because of this fault. */
interface Hush {
  readonly faultId: string;
  /** When the server spoke last, or the silence began. */
  heardNs: Nanoseconds;
}

type Reason = Pick<WireConnectionRow, 'closedBy' | 'how' | 'faultId'>;

/** One client's connection and the one to the server behind it. */
export class WireConnection {
  readonly #options: ConnectionOptions;
  readonly #pairing: Pairing;
  readonly #log: ReplyLog;
  readonly #outbox: Outbox<Parcel>;
  readonly #clientBrake: Brake<'server-is-full' | 'outstanding' | `fault ${string}`>;
  readonly #upstreamBrake: Brake<'client-is-full' | 'held'>;
  readonly #gone = new AbortController();
  readonly #openedNs: Nanoseconds;
  #state: 'open' | 'closing' | 'gone' = 'open';
  #reason: Reason | null = null;
  readonly #noticed = new Set<Notice>();
  #isRecorded = false;
  #hasHandedBytes = false;
  #unanswered = 0;
  #hush: Hush | null = null;

  constructor(options: ConnectionOptions) {
    const { client, upstream, world } = options;
    this.#options = options;
    this.#openedNs = world.clock.nowNs();
    this.#pairing = new Pairing(options);
    this.#log = new ReplyLog(options);
    this.#clientBrake = new Brake(client);
    this.#upstreamBrake = new Brake(upstream);
    this.#outbox = new Outbox({
      clock: world.clock,
      deliver: (parcel, faultId) => this.#deliver(parcel, faultId),
    });
    client.on('drain', () => this.#upstreamBrake.set('client-is-full', false));
    client.on('end', () => this.#onClientEnd());
    client.on('error', () => this.#onClientGone('rst'));
    client.on('close', () => this.#onClientGone('fin'));
    upstream.on('drain', () => this.#clientBrake.set('server-is-full', false));
    upstream.on('end', () => this.#onServerEnd());
    upstream.on('error', () => this.end(byServer('rst')));
    upstream.on('close', () => this.end(byServer('fin')));
    upstream.on('data', (chunk) => this.#onReplies(chunk));
    client.on('data', (chunk) => this.#onCommands(chunk));
    this.considerReading();
    this.considerSilence();
  }

  /** Delivers what is held, and then ends the client's side as said. Only the first call has an effect. */
  end(ending: Ending): void {
    const { upstream, rules, connection, world } = this.#options;
    const isByServer = ending.by === 'server';
    // Of a server that falls silent nobody hears either that it has gone.
    if (this.#state !== 'open' || (isByServer && this.#hush !== null)) return;
    this.#state = 'closing';
    upstream.destroy();
    const late = isByServer ? rules.takeCloseDelay(connection) : null;
    if (late !== null) {
      const { forNs, faultId } = late;
      this.#outbox.hold({ untilNs: world.clock.nowNs() + forNs, faultId });
    }
    const parcel: Parcel = { type: 'end', ending };
    if (this.#outbox.mustWait) this.#outbox.put(parcel, 0);
    else this.#executeEnd(ending);
  }

  /** Ends both sides at once, at the end of the run. */
  destroy(): void {
    this.#reason ??= { closedBy: 'end', how: null, faultId: null };
    this.#finish();
  }

  /** Lets a rule on idle connections act if this is one. `isNewToo`: also when it never had an answer. */
  considerIdle(isNewToo: boolean): void {
    if (this.#state !== 'open' || !this.#pairing.isIdle || this.#outbox.mustWait) return;
    if (!isNewToo && !this.#pairing.hasHadAnswer) return;
    const cut = this.#options.rules.takeIdleCut();
    if (cut === null) return;
    this.end({ by: 'rule', how: cut.how, faultId: cut.by.faultId, inside: null });
  }

  /** Replies that this fault holds go on, in order, the client is read again, and what was silent ends. */
  release(faultId: string): void {
    if (this.#hush?.faultId === faultId) this.#endHush(this.#hush);
    this.#outbox.release(faultId);
    this.#clientBrake.set(`fault ${faultId}`, false);
  }

  /** Lets the rules on clients that are not read act, those of this list or all that are installed. */
  considerReading(): void {
    if (this.#state !== 'open') return;
    for (const { faultId } of this.#options.rules.takeReadingStops(this.#options.connection)) {
      this.#clientBrake.set(`fault ${faultId}`, true);
    }
  }

  /** Lets a rule silence this connection for good, unless one has done so. */
  considerSilence(): void {
    const { rules, connection, world } = this.#options;
    if (this.#state !== 'open' || this.#hush !== null) return;
    const silence = rules.takeSilence(connection);
    if (silence === null) return;
    const { faultId, closeAfterNs } = silence;
    const nowNs = world.clock.nowNs();
    const inside = this.#pairing.breakOff();
    // Written at once, whoever ends the connection afterwards.
    if (inside !== null) this.#logCutInside(inside, nowNs, faultId);
    const hush = { faultId, heardNs: nowNs };
    this.#hush = hush;
    if (closeAfterNs !== null) void this.#endAfterSilence(hush, closeAfterNs);
  }

  async #endAfterSilence(hush: Hush, forNs: Nanoseconds): Promise<void> {
    const { clock } = this.#options.world;
    for (
      let leftNs = forNs;
      leftNs > 0 && !this.#gone.signal.aborted;
      leftNs = hush.heardNs + forNs - clock.nowNs()
    ) {
      await this.#sleep(leftNs / 1e6);
    }
    this.#endHush(hush);
  }

  #endHush({ faultId }: Hush): void {
    this.end({ by: 'rule', how: 'fin', faultId, inside: null });
  }

  #onCommands(chunk: Uint8Array): void {
    // What a client still says to a connection that is being cut is read and dropped, as a dead server's system would.
    if (this.#state !== 'open') return;
    const { upstream, world, limits } = this.#options;
    for (const bytes of this.#pairing.readCommands(chunk, world.clock.nowNs())) {
      if (!upstream.write(bytes)) this.#clientBrake.set('server-is-full', true);
    }
    this.#noticeUnread();
    this.#act(this.#pairing.takeAnswers());
    if (this.#pairing.outstanding < limits.outstandingMax) return;
    this.#clientBrake.set('outstanding', true);
    const limit = `outstandingMax, ${limits.outstandingMax}`;
    this.#notice('outstandingMax', `has met ${limit}; it is not read until half are answered`);
  }

  #onServerEnd(): void {
    const answer = this.#state === 'open' ? this.#pairing.endReplies() : null;
    if (answer !== null)
      this.#pass({ type: 'pass', bytes: new Uint8Array(), answers: [answer], gap: null });
    this.end(byServer('fin'));
  }

  #onReplies(chunk: Uint8Array): void {
    if (this.#state !== 'open') return;
    const { rules, connection, world } = this.#options;
    if (this.#hush !== null) {
      this.#hush.heardNs = world.clock.nowNs();
      return;
    }
    const { bytes, endedBy } = rules.takeBytes(connection, chunk.length);
    this.#act(this.#pairing.readReplies(bytes < chunk.length ? chunk.subarray(0, bytes) : chunk));
    if (endedBy !== null) {
      const inside = this.#pairing.breakOff();
      this.end({ by: 'rule', how: 'fin', faultId: endedBy.faultId, inside });
    }
    this.#noticeUnread();
    if (this.#pairing.outstanding * 2 <= this.#options.limits.outstandingMax) {
      this.#clientBrake.set('outstanding', false);
    }
    this.considerIdle(false);
  }

  #act(actions: readonly Action[]): void {
    for (const action of actions) {
      if (this.#hush !== null && action.type === 'pass') {
        this.#withhold(action.answers, this.#hush.faultId);
      } else if (action.type === 'cut') this.end({ ...action, by: 'rule' });
      else if (action.type === 'hold') this.#outbox.hold(action);
      else this.#pass(action);
    }
  }

  #withhold(answers: readonly Answer[], faultId: string): void {
    this.#unanswered += answers.length;
    for (const { to } of answers) this.#log.never(to, 'cut', faultId);
  }

  #pass(parcel: Extract<Parcel, { type: 'pass' }>): void {
    if (!this.#outbox.mustWait && parcel.gap === null) {
      this.#write(parcel.bytes);
      const nowNs = this.#options.world.clock.nowNs();
      for (const answer of parcel.answers) this.#log.delivered(answer, nowNs);
      return;
    }
    this.#outbox.put(parcel, parcel.bytes.length, parcel.gap);
    const { heldBytesMax } = this.#options.limits;
    if (this.#outbox.length > heldPiecesMax) this.#upstreamBrake.set('held', true);
    if (this.#outbox.bytes <= heldBytesMax) return;
    this.#upstreamBrake.set('held', true);
    this.#notice('heldBytesMax', `has met heldBytesMax, ${heldBytesMax}; its server has to wait`);
  }

  #deliver(parcel: Parcel, faultId: string): void {
    if (parcel.type === 'end') {
      this.#executeEnd(parcel.ending);
      return;
    }
    this.#write(parcel.bytes);
    const nowNs = this.#options.world.clock.nowNs();
    for (const answer of parcel.answers) this.#log.held(answer, nowNs, faultId);
    if (!this.#outbox.isEmpty) return;
    this.#upstreamBrake.set('held', false);
    this.considerIdle(false);
  }

  #write(bytes: Uint8Array): void {
    this.#hasHandedBytes = true;
    if (!this.#options.client.write(bytes)) this.#upstreamBrake.set('client-is-full', true);
  }

  #noticeUnread(): void {
    for (const outstanding of this.#pairing.takeUnpaired()) this.#log.unpaired(outstanding);
    const because = this.#pairing.unreadBecause;
    if (because === null) return;
    this.#notice('unread', `passes unread from here on: ${because}`);
  }

  #notice(kind: Notice, says: string): void {
    if (this.#noticed.has(kind)) return;
    this.#noticed.add(kind);
    this.#options.onNotice(kind, says);
  }

  #executeEnd({ by, how, faultId, inside }: Ending): void {
    this.#reason ??= { closedBy: by, how, faultId };
    if (inside !== null && faultId !== null) {
      this.#logCutInside(inside, this.#options.world.clock.nowNs(), faultId);
    }
    this.#settleRest(by === 'rule' ? 'cut' : 'lost', faultId);
    if (how === 'rst') {
      void this.#resetSoon();
      return;
    }
    // The client is read on until it ends its side too: closing with unread bytes would turn the FIN into an RST.
    this.#clientBrake.release();
    this.#options.client.end();
    this.#record();
    void this.#finishAfterLinger();
  }

  #logCutInside(inside: Answer, nowNs: Nanoseconds, faultId: string): void {
    this.#unanswered += 1;
    this.#log.cutInside(inside, nowNs, faultId);
  }

  /**
   * An RST makes the peer's system drop what the peer has not read. So that the replies before a cut are really received:
   * 1. the system must have taken the bytes (the callback of the last write);  2. the peer gets some milliseconds to read them.
   * Where nothing was ever written there is nothing to wait for.
   */
  async #resetSoon(): Promise<void> {
    const { client, limits } = this.#options;
    if (this.#hasHandedBytes) {
      const taken = new Promise<void>((resolve) => {
        client.write(new Uint8Array(0), () => resolve());
      });
      await Promise.race([taken, this.#sleep(limits.flushMsMax)]);
      await this.#sleep(limits.resetDelayMs);
    }
    if (this.#gone.signal.aborted) return;
    reset(client);
    this.#finish();
  }

  #onClientEnd(): void {
    if (this.#state === 'closing') {
      this.#finishUnlessResetting();
      return;
    }
    if (this.#state === 'gone') return;
    // A client that has said all it wants to say may still wait for its replies.
    this.#reason ??= { closedBy: 'client', how: 'fin', faultId: null };
    for (const bytes of this.#pairing.takeHeldBack()) this.#options.upstream.write(bytes);
    this.#options.upstream.end();
    void this.#finishAfterLinger();
  }

  #finishUnlessResetting(): void {
    if (this.#isRecorded) this.#finish();
  }

  #onClientGone(how: CutKind): void {
    if (this.#state === 'gone') return;
    this.#reason ??= { closedBy: 'client', how, faultId: null };
    if (how === 'rst') reset(this.#options.upstream);
    this.#finish();
  }

  async #finishAfterLinger(): Promise<void> {
    await this.#sleep(this.#options.limits.lingerMsMax);
    this.#finish();
  }

  /** Resolves after that time, or at once when the connection is gone. */
  async #sleep(forMs: number): Promise<void> {
    const { clock } = this.#options.world;
    try {
      await clock.sleepUntil(clock.nowNs() + forMs * 1e6, this.#gone.signal);
    } catch (error) {
      if (!this.#gone.signal.aborted) throw error;
    }
  }

  #settleRest(fate: 'cut' | 'lost', faultId: string | null): void {
    for (const outstanding of this.#pairing.rest()) {
      this.#unanswered += 1;
      this.#log.never(outstanding, fate, faultId);
    }
  }

  #finish(): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#gone.abort();
    for (const { parcel, faultId } of this.#outbox.clear()) {
      const answers = parcel.type === 'pass' ? parcel.answers : insideOf(parcel.ending);
      this.#unanswered += answers.length;
      for (const answer of answers) this.#log.never(answer.to, 'lost', faultId);
    }
    this.#settleRest('lost', null);
    this.#record();
    this.#options.client.destroy();
    this.#options.upstream.destroy();
    this.#options.onGone();
  }

  #record(): void {
    if (this.#isRecorded) return;
    this.#isRecorded = true;
    const { recorder, connection, client, doorOf, world } = this.#options;
    recorder.wireConnection({
      id: recorder.nextId('wire_connection'),
      connection,
      door: doorOf?.(client) ?? 1,
      openedNs: this.#openedNs,
      closedNs: world.clock.nowNs(),
      closedBy: this.#reason?.closedBy ?? 'end',
      how: this.#reason?.how ?? null,
      faultId: this.#reason?.faultId ?? null,
      outstanding: this.#unanswered,
    });
  }
}

/** The reply that a cut was to be in, which was never carried out. */
function insideOf({ inside }: Ending): readonly Answer[] {
  return inside === null ? [] : [inside];
}

function byServer(how: CutKind): Ending {
  return { by: 'server', how, faultId: null, inside: null };
}
