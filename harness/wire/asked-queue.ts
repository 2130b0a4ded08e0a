import { Queue } from './queue.ts';

/** A command whose reply has not been seen. */
export interface Asked<Reply> {
  /** Whether it may get no reply at all, as far as is known by now. */
  isQuiet: boolean;
  /** `surely`: the reply names this very command, by its opaque value or its key. Asked only when there is more than one choice. */
  readonly fits: (reply: Reply) => Fit;
  /** False while bytes of the command are still to come. */
  isComplete: boolean;
  /** True when its reply came before it was complete. */
  wasAnswered: boolean;
  /** True when it never reaches the server. */
  isWithdrawn: boolean;
}

export type Fit = 'surely' | 'perhaps' | 'no';

export type Match =
  /** It answers a command that is complete, and so many before that one got no reply. */
  | { readonly type: 'answers'; readonly skips: number }
  /** Nothing was asked, or the command is not yet complete: a server may speak unasked, and refuse early. */
  | { readonly type: 'early' }
  /** It could answer several commands, or none of those that are due. */
  | { readonly type: 'unclear'; readonly because: 'several' | 'none' };

/**
 * The commands of one connection whose replies are due, in order. A server answers in order too, so the oldest is the one
 * that a reply answers, but for quiet commands: those are passed over when the reply cannot be theirs.
 */
export class AskedQueue<Reply> {
  readonly #due = new Queue<Asked<Reply>>();
  readonly #quietMax: number;
  /** Commands that were passed over for a reply that came early; the next one has to say so. */
  #skips = 0;

  constructor(quietMax: number) {
    this.#quietMax = quietMax;
  }

  get isFull(): boolean {
    return this.#due.length >= this.#quietMax && this.#due.first?.isQuiet === true;
  }

  push(asked: Asked<Reply>): void {
    this.#due.push(asked);
  }

  /** The command does not reach the server after all, so nothing will answer it. */
  withdraw(asked: Asked<Reply>): void {
    asked.isWithdrawn = true;
    this.#dropWithdrawn();
  }

  match(reply: Reply): Match {
    const place = this.#placeOf(reply);
    if (place === 'nowhere') return { type: 'early' };
    if (place === 'several' || place === 'none') return { type: 'unclear', because: place };
    for (let index = 0; index < place; index += 1) {
      if (this.#due.shift()?.isWithdrawn === false) this.#skips += 1;
    }
    const asked = this.#due.shift();
    this.#dropWithdrawn();
    if (asked?.isComplete !== true) {
      if (asked !== undefined) asked.wasAnswered = true;
      return { type: 'early' };
    }
    const skips = this.#skips;
    this.#skips = 0;
    return { type: 'answers', skips };
  }

  #placeOf(reply: Reply): number | 'nowhere' | 'several' | 'none' {
    const { first } = this.#due;
    if (first === undefined) return 'nowhere';
    if (!first.isQuiet) return 0;
    let place: number | null = null;
    for (let index = 0; index < this.#due.length; index += 1) {
      const asked = this.#due.at(index);
      if (asked?.isWithdrawn === true) continue;
      const fit = asked?.fits(reply) ?? 'no';
      if (fit === 'surely') return index;
      if (fit === 'perhaps' && place !== null) return 'several';
      if (fit === 'perhaps') place = index;
      if (asked?.isQuiet === false) break;
    }
    return place ?? 'none';
  }

  /** The oldest is never one that was withdrawn. */
  #dropWithdrawn(): void {
    while (this.#due.first?.isWithdrawn === true) this.#due.shift();
  }
}

/** @param reply what it is called in this protocol */
export function becauseOf(
  reply: string,
  { because }: Match & { readonly type: 'unclear' },
): string {
  return because === 'several'
    ? `${reply} could answer several quiet commands`
    : `${reply} can answer none of the commands that are due`;
}
