import type { CutKind } from '../model/fault.ts';
import type { Nanoseconds } from '../model/world.ts';
import { CommandGate } from './command-gate.ts';
import type { CommandFrame, Framer, Protocol, ReplyFrame, Span } from './framing.ts';
import type { Gap } from './outbox.ts';
import { Queue } from './queue.ts';
import { type Cut, ReplyAtHand } from './reply-at-hand.ts';
import type { Answer, Burst, Outstanding } from './reply-log.ts';
import type { ReplyPosition } from './rule.ts';
import type { InPlace, RuleSet } from './rule-set.ts';

/** What is to be done with the bytes of one read of the server's stream, in order. */
export type Action =
  /** These bytes go on, and complete these answers; with a gap some time after what went before. */
  | {
      readonly type: 'pass';
      readonly bytes: Uint8Array;
      readonly answers: readonly Answer[];
      readonly gap: Gap | null;
    }
  /** Nothing after this goes on before then. */
  | { readonly type: 'hold'; readonly untilNs: Nanoseconds; readonly faultId: string }
  /** The connection ends here. `inside` is the reply of which some bytes went on and some did not. */
  | {
      readonly type: 'cut';
      readonly how: CutKind;
      readonly faultId: string;
      readonly inside: Answer | null;
    };

type Rules = Pick<RuleSet, 'isEmpty' | 'verdictOn' | 'answerTo' | 'answersCommands'>;

export interface PairingOptions {
  readonly connection: number;
  readonly protocol: Protocol;
  readonly rules: Rules;
}

/**
 * Pairs the commands and replies of one connection, by order, and asks the rules about each. It holds no socket: chunks
 * go in and actions come out. When the order can no longer be known it lets everything pass unread and says why.
 */
export class Pairing {
  /** Why the connection is not paired any more, or is about to be not; null while it is. */
  unreadBecause: string | null = null;
  readonly #connection: number;
  readonly #protocol: Protocol;
  readonly #rules: Rules;
  readonly #commands: Framer<CommandFrame>;
  readonly #replies: Framer<ReplyFrame>;
  readonly #gate = new CommandGate();
  readonly #pending = new Queue<Outstanding>();
  readonly #unpaired: Outstanding[] = [];
  #isReadingReplies = true;
  #isInTransaction = false;
  /** Of the last command of which it is not known whether it gets a reply. */
  #quietPosition = 0;
  /** Of the last command that gets one for certain. */
  #duePosition = 0;
  #positions = 0;
  #bursts = 0;
  readonly #reply: ReplyAtHand;

  constructor({ connection, protocol, rules }: PairingOptions) {
    this.#connection = connection;
    this.#protocol = protocol;
    this.#reply = new ReplyAtHand(protocol);
    this.#rules = rules;
    const { commands, replies } = protocol.converse();
    this.#commands = commands;
    this.#replies = replies;
  }

  /** Commands whose replies are due. Quiet ones alone do not count: theirs may never come, and nobody should wait for them. */
  get outstanding(): number {
    const isDue = (this.#pending.first?.position ?? Infinity) <= this.#duePosition;
    return isDue ? this.#pending.length : 0;
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

  /** Bytes of a command that never became complete, when the client says no more. */
  takeHeldBack(): readonly Uint8Array[] {
    return this.#gate.takeHeld();
  }

  /** @returns what goes on to the server; all of it while no rule answers commands itself */
  readCommands(chunk: Uint8Array, nowNs: Nanoseconds): readonly Uint8Array[] {
    if (this.unreadBecause !== null) return [chunk];
    const spans = this.#commands.push(chunk);
    const burst: Burst = { ordinal: this.#bursts + 1, size: 0 };
    const gate = this.#rules.answersCommands || this.#gate.isHolding ? this.#gate : null;
    gate?.open(chunk);
    const burstSize = gate === null ? 0 : spans.filter(isCommand).length;
    for (const span of spans) {
      const { frame, last } = span;
      if (frame === null) {
        gate?.pass();
        this.#stopReadingCommands(`${this.#commands.lost}`);
        this.#expect(burst, unreadable, { nowNs, inPlace: null });
        break;
      }
      if (!last) {
        gate?.keep(span);
        continue;
      }
      if (frame.expects === 'nothing') {
        gate?.pass();
        continue;
      }
      const inPlace =
        gate === null
          ? null
          : this.#answerFor(frame, { burst, burstSize, firstByte: gate.firstByteOf(span) });
      if (inPlace === null) gate?.pass();
      else gate?.drop(span);
      this.#expect(burst, frame, { nowNs, inPlace });
      if (frame.expects !== 'stream') continue;
      this.#stopReadingCommands(`after ${frame.command} replies cannot be counted`);
      break;
    }
    if (gate === null) this.#gate.isBegun = !this.#commands.atBoundary;
    if (burst.size > 0) this.#bursts += 1;
    this.#letGoBehindPaired();
    return gate?.close() ?? [chunk];
  }

  /** What rules answer in the server's place, as far as it is its turn. */
  takeAnswers(): readonly Action[] {
    const actions: Action[] = [];
    if (this.#replies.atBoundary) this.#answerInPlace(actions);
    return actions;
  }

  readReplies(chunk: Uint8Array): readonly Action[] {
    if (!this.#isReadingReplies) return [{ type: 'pass', bytes: chunk, answers: [], gap: null }];
    const actions: Action[] = [];
    let answers: Answer[] = [];
    let from = 0;
    const passUntil = (to: number): void => {
      if (to === from) return;
      const bytes = to - from === chunk.length ? chunk : chunk.subarray(from, to);
      actions.push({ type: 'pass', bytes, answers, gap: null });
      answers = [];
      from = to;
    };
    for (const span of this.#replies.push(chunk)) {
      if (span.frame === null) {
        const stranded = this.#loseReplies(`${this.#replies.lost}`);
        if (stranded === null) break;
        passUntil(span.from);
        actions.push({ type: 'cut', how: 'rst', faultId: stranded.faultId, inside: null });
        return actions;
      }
      const isFirst = span.frame !== this.#reply.frame;
      if (isFirst) this.#beginReply(span.frame);
      const hold = this.#reply.holdFor(isFirst);
      if (hold !== null) {
        passUntil(span.from);
        actions.push({ type: 'hold', ...hold });
      }
      const cut = this.#reply.cutWithin(span, chunk);
      const pieces = this.#reply.piecesOf(span);
      this.#reply.bytes += cut?.bytes ?? span.to - span.from;
      const answer = span.last && cut?.isInside !== true ? this.#endReply(span.frame) : null;
      if (answer !== null) answers.push(answer);
      if (cut !== null) {
        passUntil(span.from + cut.bytes);
        const { untilNs, faultId } = cut;
        if (untilNs !== null) actions.push({ type: 'hold', untilNs, faultId });
        actions.push(this.#endByCut(cut, span.frame));
        return actions;
      }
      if (pieces.length > 0) {
        const complete = answer === null ? [] : [answer];
        answers = answer === null ? answers : answers.slice(0, -1);
        passUntil(span.from);
        for (const { to, gap } of pieces) {
          const bytes = chunk.subarray(from, to);
          actions.push({ type: 'pass', bytes, answers: to === span.to ? complete : [], gap });
          from = to;
        }
      }
      if (span.last && (this.#pending.first?.inPlace ?? null) !== null) {
        passUntil(span.to);
        this.#answerInPlace(actions);
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

  /** Nothing more goes on to the client: the reply of which it got some bytes and will not get the rest, if there is one. */
  breakOff(): Answer | null {
    const { frame, bytes } = this.#reply;
    if (frame === null || !frame.answers || bytes === 0) return null;
    this.#letGoSkipped(frame);
    const to = this.#pending.shift();
    return to === undefined ? null : { to, type: frame.type, bytes, payload: null };
  }

  /** A rule's answer to a command that is wholly in our hands; null when the server is to answer. */
  #answerFor(
    { command, key, expects, withdraw }: CommandFrame,
    {
      burst,
      ...place
    }: { readonly burst: Burst; readonly burstSize: number; readonly firstByte: number },
  ): InPlace | null {
    // Whether a quiet command before it gets a reply is not known when it is this one's turn.
    const hasQuiet = (this.#pending.first?.position ?? Infinity) <= this.#quietPosition;
    const isOurs = expects === 'reply' && !this.#gate.isBegun && !hasQuiet;
    if (!isOurs || this.#isInTransaction) return null;
    const inPlace = this.#rules.answerTo({
      ...place,
      connection: this.#connection,
      position: this.#positions + 1,
      burst: burst.ordinal,
      burstPlace: burst.size + 1,
      command,
      key,
    });
    if (inPlace !== null) withdraw?.();
    return inPlace;
  }

  #expect(
    burst: Burst,
    { command, key, value = null, expects }: CommandFrame,
    { nowNs, inPlace }: { readonly nowNs: Nanoseconds; readonly inPlace: InPlace | null },
  ): void {
    burst.size += 1;
    this.#positions += 1;
    if (command === 'MULTI') this.#isInTransaction = true;
    else if (this.#isInTransaction && transactionEnds.has(command)) this.#isInTransaction = false;
    if (expects === 'maybe') this.#quietPosition = this.#positions;
    else if (expects !== 'silence') this.#duePosition = this.#positions;
    const outstanding: Outstanding = {
      position: this.#positions,
      burst,
      burstPlace: burst.size,
      command,
      key,
      value,
      commandNs: nowNs,
      isPaired: expects !== 'stream',
      inPlace,
    };
    if (expects === 'silence') this.#unpaired.push(outstanding);
    else this.#pending.push(outstanding);
  }

  #stopReadingCommands(because: string): void {
    this.unreadBecause ??= `its commands can no longer be paired as ${this.#protocol.name}: ${because}`;
  }

  /**
   * The order of replies is lost, so nothing that is outstanding can be paired.
   * @returns an answer of a rule whose turn can no longer be known: without it the client would take later replies for earlier ones
   */
  #loseReplies(because: string): InPlace | null {
    this.unreadBecause ??= `its replies can no longer be read as ${this.#protocol.name}: ${because}`;
    this.#isReadingReplies = false;
    const outstanding = this.#pending.drain();
    this.#unpaired.push(...outstanding);
    return outstanding.find(({ inPlace }) => inPlace !== null)?.inPlace ?? null;
  }

  /** Commands that came before the one that cannot be paired still get their replies. */
  #letGoBehindPaired(): void {
    if (this.#pending.first?.isPaired !== false) return;
    this.#isReadingReplies = false;
    this.#unpaired.push(...this.#pending.drain());
  }

  /** Called between two messages of the server only. */
  #answerInPlace(actions: Action[]): void {
    for (
      let to = this.#pending.first;
      to !== undefined && to.inPlace !== null;
      to = this.#pending.first
    ) {
      this.#pending.shift();
      const { bytes, type, payload } = to.inPlace.reply;
      const answer = {
        to,
        type,
        bytes: bytes.length,
        payload: payload === null ? null : [payload],
      };
      actions.push({ type: 'pass', bytes, answers: [answer], gap: null });
      this.#letGoBehindPaired();
    }
  }

  /**
   * Decided at the first byte, because a hold and a cut must be. Whether a message answers a command is known then too, but for
   * one with attributes: that is taken for an answer, and counted right when it ends.
   */
  #beginReply(frame: ReplyFrame): void {
    const to = this.#rules.isEmpty ? undefined : this.#pending.at(frame.skips ?? 0);
    const isAnswer = to !== undefined && frame.answers;
    const verdict = isAnswer ? this.#rules.verdictOn(this.#positionOf(to)) : null;
    this.#reply.begin(frame, verdict);
  }

  #positionOf({ position, burst, burstPlace, command, key }: Outstanding): ReplyPosition {
    return {
      connection: this.#connection,
      position,
      burst: burst.ordinal,
      burstPlace,
      burstSize: burst.size,
      command,
      key,
    };
  }

  #endReply(frame: ReplyFrame): Answer | null {
    const { bytes } = this.#reply;
    this.#reply.frame = null;
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
    const { bytes } = this.#reply;
    const to = isInside && bytes > 0 ? this.#pending.shift() : undefined;
    const inside = to === undefined ? null : { to, type, bytes, payload: null };
    return { type: 'cut', how, faultId, inside };
  }
}

const transactionEnds: ReadonlySet<string> = new Set(['EXEC', 'DISCARD', 'RESET']);

/** Where commands can no longer be read. */
const unreadable: CommandFrame = { command: '?', key: null, expects: 'stream' };

function isCommand({ frame, last }: Span<CommandFrame>): boolean {
  return last && frame !== null && frame.expects !== 'nothing';
}
