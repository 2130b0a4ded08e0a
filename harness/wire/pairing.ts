import type { CutKind } from '../model/fault.ts';
import type { Nanoseconds } from '../model/world.ts';
import type { CommandFrame, Framer, Protocol, ReplyFrame, Span } from './framing.ts';
import { Queue } from './queue.ts';
import type { Answer, Burst, Outstanding } from './reply-log.ts';
import type { RuleSet, Verdict } from './rule-set.ts';

/** What is to be done with the bytes of one read of the server's stream, in order. */
export type Action =
  /** These bytes go on, and complete these answers. */
  | { readonly type: 'pass'; readonly bytes: Uint8Array; readonly answers: readonly Answer[] }
  /** Nothing after this goes on before then. */
  | { readonly type: 'hold'; readonly untilNs: Nanoseconds; readonly faultId: string }
  /** The connection ends here. `inside` is the reply of which some bytes went on and some did not. */
  | {
      readonly type: 'cut';
      readonly how: CutKind;
      readonly faultId: string;
      readonly inside: Answer | null;
    };

export interface PairingOptions {
  readonly connection: number;
  readonly protocol: Protocol;
  readonly rules: Pick<RuleSet, 'verdictOn'>;
}

/**
 * Pairs the commands and replies of one connection, by order, and asks the rules about each reply. It holds no socket: chunks
 * go in and actions come out. When the order can no longer be known it lets everything pass unread and says why.
 */
export class Pairing {
  /** Why the connection is not paired any more, or is about to be not; null while it is. */
  unreadBecause: string | null = null;
  readonly #connection: number;
  readonly #protocolName: string;
  readonly #rules: Pick<RuleSet, 'verdictOn'>;
  readonly #commands: Framer<CommandFrame>;
  readonly #replies: Framer<ReplyFrame>;
  readonly #pending = new Queue<Outstanding>();
  readonly #unpaired: Outstanding[] = [];
  #isReadingReplies = true;
  #positions = 0;
  #bursts = 0;
  /** The reply at hand, how much of it came before this span, and what a rule wants of it. */
  #frame: ReplyFrame | null = null;
  #frameBytes = 0;
  #verdict: Verdict | null = null;

  constructor({ connection, protocol, rules }: PairingOptions) {
    this.#connection = connection;
    this.#protocolName = protocol.name;
    this.#rules = rules;
    const { commands, replies } = protocol.converse();
    this.#commands = commands;
    this.#replies = replies;
  }

  get outstanding(): number {
    return this.#pending.length;
  }

  /** True when every byte of both streams belongs to an exchange that is over. */
  get isIdle(): boolean {
    const areWhole = this.#commands.atBoundary && this.#replies.atBoundary;
    return this.unreadBecause === null && areWhole && this.#pending.length === 0;
  }

  get hasHadAnswer(): boolean {
    return this.#positions > this.#pending.length;
  }

  /** The commands whose replies will not be seen: those that were outstanding when the connection ended. */
  rest(): Outstanding[] {
    return this.#pending.drain();
  }

  /** The commands that were let go, once each: they get no reply, or the connection is no longer paired. */
  takeUnpaired(): Outstanding[] {
    return this.#unpaired.splice(0);
  }

  readCommands(chunk: Uint8Array, nowNs: Nanoseconds): void {
    if (this.unreadBecause !== null) return;
    const burst: Burst = { ordinal: this.#bursts + 1, size: 0 };
    for (const { frame, last } of this.#commands.push(chunk)) {
      if (frame === null) {
        this.#stopReadingCommands(`${this.#commands.lost}`);
        this.#expect(burst, { command: '?', key: null, nowNs, isPaired: false });
        break;
      }
      if (!last || frame.expects === 'nothing') continue;
      const { command, key, expects } = frame;
      this.#expect(burst, { command, key, nowNs, isPaired: expects !== 'stream' }, expects);
      if (expects !== 'stream') continue;
      this.#stopReadingCommands(`after ${command} replies cannot be counted`);
      break;
    }
    if (burst.size > 0) this.#bursts += 1;
    this.#letGoBehindPaired();
  }

  readReplies(chunk: Uint8Array): readonly Action[] {
    if (!this.#isReadingReplies) return [{ type: 'pass', bytes: chunk, answers: [] }];
    const actions: Action[] = [];
    let answers: Answer[] = [];
    let from = 0;
    const passUntil = (to: number): void => {
      if (to === from) return;
      const bytes = to - from === chunk.length ? chunk : chunk.subarray(from, to);
      actions.push({ type: 'pass', bytes, answers });
      answers = [];
      from = to;
    };
    for (const span of this.#replies.push(chunk)) {
      if (span.frame === null) {
        this.#loseReplies(`${this.#replies.lost}`);
        break;
      }
      const hold = span.frame === this.#frame ? null : this.#beginReply(span.frame);
      if (hold !== null) {
        passUntil(span.from);
        actions.push(hold);
      }
      const cut = this.#cutWithin(span);
      this.#frameBytes += cut?.bytes ?? span.to - span.from;
      const answer = span.last && cut?.isInside !== true ? this.#endReply(span.frame) : null;
      if (answer !== null) answers.push(answer);
      if (cut !== null) {
        passUntil(span.from + cut.bytes);
        actions.push(this.#endByCut(cut, span.frame));
        return actions;
      }
      if (!this.#isReadingReplies) break;
    }
    passUntil(chunk.length);
    return actions;
  }

  /** The server has ended its stream: what answer that completes, if any. */
  endReplies(): Answer | null {
    const frame = this.#isReadingReplies ? (this.#replies.end?.() ?? null) : null;
    return frame === null ? null : this.#endReply(frame);
  }

  #expect(
    burst: Burst,
    {
      nowNs,
      ...command
    }: Pick<Outstanding, 'command' | 'key' | 'isPaired'> & { nowNs: Nanoseconds },
    expects: CommandFrame['expects'] = 'reply',
  ): void {
    burst.size += 1;
    this.#positions += 1;
    const position = this.#positions;
    const place = { position, burst, burstPlace: burst.size, commandNs: nowNs };
    const outstanding: Outstanding = { ...place, ...command };
    if (expects === 'silence') this.#unpaired.push(outstanding);
    else this.#pending.push(outstanding);
  }

  #stopReadingCommands(because: string): void {
    this.unreadBecause ??= `its commands can no longer be paired as ${this.#protocolName}: ${because}`;
  }

  /** The order of replies is lost, so nothing that is outstanding can be paired. */
  #loseReplies(because: string): void {
    this.unreadBecause ??= `its replies can no longer be read as ${this.#protocolName}: ${because}`;
    this.#isReadingReplies = false;
    this.#unpaired.push(...this.#pending.drain());
  }

  /** Commands that came before the one that cannot be paired still get their replies. */
  #letGoBehindPaired(): void {
    if (this.#pending.first?.isPaired !== false) return;
    this.#isReadingReplies = false;
    this.#unpaired.push(...this.#pending.drain());
  }

  /**
   * Decided at the first byte, because a hold and a cut must be. Whether a message answers a command is known then too, but for
   * one with attributes: that is taken for an answer, and counted right when it ends.
   */
  #beginReply(frame: ReplyFrame): Extract<Action, { type: 'hold' }> | null {
    this.#frame = frame;
    this.#frameBytes = 0;
    this.#verdict = null;
    const to = this.#pending.at(frame.skips ?? 0);
    if (to === undefined || !frame.answers) return null;
    const { position, burstPlace, command, key } = to;
    const where = { position, burstPlace, command, key };
    const burst = { burst: to.burst.ordinal, burstSize: to.burst.size };
    this.#verdict = this.#rules.verdictOn({ connection: this.#connection, ...where, ...burst });
    if (this.#verdict?.fate.type !== 'hold') return null;
    const { fate, by } = this.#verdict;
    return { type: 'hold', untilNs: fate.untilNs, faultId: by.faultId };
  }

  #cutWithin(span: Span<ReplyFrame>): Cut | null {
    if (this.#verdict?.fate.type !== 'cut') return null;
    const { fate, by } = this.#verdict;
    const length = span.to - span.from;
    const room = fate.afterBytes - this.#frameBytes;
    const isInside = fate.afterBytes !== Infinity;
    const isReached = isInside ? room < length || (room === length && !span.last) : span.last;
    if (!isReached || !by.budget.take()) return null;
    return { bytes: Math.min(room, length), isInside, how: fate.how, faultId: by.faultId };
  }

  #endReply(frame: ReplyFrame): Answer | null {
    const bytes = this.#frameBytes;
    this.#frame = null;
    if (!frame.answers) return null;
    this.#letGoSkipped(frame);
    const to = this.#pending.shift();
    this.#letGoBehindPaired();
    // A server may speak unasked, for example to say that it has no room for another client.
    if (to === undefined) return null;
    return { to, type: frame.type, bytes, payload: frame.payload };
  }

  /** A reply says that the quiet commands before its own had none. */
  #letGoSkipped({ skips = 0 }: ReplyFrame): void {
    for (let index = 0; index < skips; index += 1) {
      const skipped = this.#pending.shift();
      if (skipped !== undefined) this.#unpaired.push(skipped);
    }
  }

  #endByCut({ how, faultId, isInside }: Cut, frame: ReplyFrame): Action {
    const { type } = frame;
    if (isInside) this.#letGoSkipped(frame);
    const to = isInside && this.#frameBytes > 0 ? this.#pending.shift() : undefined;
    const inside = to === undefined ? null : { to, type, bytes: this.#frameBytes, payload: null };
    return { type: 'cut', how, faultId, inside };
  }
}

interface Cut {
  /** Bytes of the span that go on. */
  readonly bytes: number;
  /** False when the whole reply goes on and the connection ends behind it. */
  readonly isInside: boolean;
  readonly how: CutKind;
  readonly faultId: string;
}
