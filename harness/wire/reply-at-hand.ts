import type { CutKind } from '../model/fault.ts';
import type { Nanoseconds } from '../model/world.ts';
import { ElementCounter } from './element-counter.ts';
import type { Protocol, ReplyFrame, Span } from './framing.ts';
import type { Gap } from './outbox.ts';
import type { Verdict } from './rule-set.ts';
import { ValueCounter } from './value-counter.ts';

/** Where within a span the connection ends. */
export interface Cut {
  /** Bytes of the span that go on. */
  readonly bytes: number;
  /** False when the whole reply goes on and the connection ends behind it. */
  readonly isInside: boolean;
  readonly how: CutKind;
  readonly faultId: string;
  /** Not before this moment; null: at once. */
  readonly untilNs: Nanoseconds | null;
}

/** The reply that is passing, how much of it came before this span, and what a rule wants of it. */
export class ReplyAtHand {
  frame: ReplyFrame | null = null;
  bytes = 0;
  readonly #protocol: Protocol;
  #verdict: Verdict | null = null;
  #elements: Pick<ElementCounter, 'push'> | null = null;

  constructor(protocol: Protocol) {
    this.#protocol = protocol;
  }

  begin(frame: ReplyFrame, verdict: Verdict | null): void {
    this.frame = frame;
    this.bytes = 0;
    this.#verdict = verdict;
    if (verdict?.fate.type !== 'cut-in-array') return;
    const { afterElements } = verdict.fate;
    this.#elements =
      this.#protocol.name === 'memcached'
        ? new ValueCounter(afterElements)
        : new ElementCounter(this.#protocol, afterElements);
  }

  /** Until when the span at hand has to wait; null: it need not. `isFirst`: it is the beginning of the reply. */
  holdFor(isFirst: boolean): { readonly untilNs: Nanoseconds; readonly faultId: string } | null {
    if (this.#verdict === null) return null;
    const { fate, by } = this.#verdict;
    if (fate.type === 'hold' && isFirst) return { untilNs: fate.untilNs, faultId: by.faultId };
    if (fate.type !== 'delay' || by.budget.isLeft) return null;
    return { untilNs: fate.untilNs(), faultId: by.faultId };
  }

  /** Takes from the budget of the rule when the cut is within this span. */
  cutWithin(span: Span<ReplyFrame>, chunk: Uint8Array): Cut | null {
    if (this.#verdict === null) return null;
    const { fate, by } = this.#verdict;
    if (fate.type !== 'cut' && fate.type !== 'cut-in-array') return null;
    const length = span.to - span.from;
    const isInside = fate.type === 'cut-in-array' || fate.afterBytes !== Infinity;
    const room =
      fate.type === 'cut'
        ? fate.afterBytes - this.bytes
        : (this.#elements?.push(chunk.subarray(span.from, span.to)) ?? Infinity);
    const isReached = isInside ? room < length || (room === length && !span.last) : span.last;
    if (!isReached || !by.budget.take()) return null;
    const untilNs = fate.type === 'cut' ? (fate.untilNs ?? null) : null;
    const { how } = fate;
    return { bytes: Math.min(room, length), isInside, how, faultId: by.faultId, untilNs };
  }

  /** The pieces of a span of a reply that is paced; none for any other, nor once the rule was left. */
  piecesOf({ from, to }: Span<ReplyFrame>): { readonly to: number; readonly gap: Gap }[] {
    const pieces: { to: number; gap: Gap }[] = [];
    if (this.#verdict?.fate.type !== 'pace') return pieces;
    const { fate, by } = this.#verdict;
    if (by.budget.isLeft) return pieces;
    for (let at = from; at < to; ) {
      const place = this.bytes + at - from;
      const end = Math.min(to, at + fate.pace.pieceEnd(place) - place);
      const forNs = fate.pace.gapNs(place, end - at);
      pieces.push({ to: end, gap: { forNs, faultId: by.faultId } });
      at = end;
    }
    return pieces;
  }
}
