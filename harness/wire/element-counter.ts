import type { Framer, Protocol, ReplyFrame } from './framing.ts';

const LF = 10;
/** Array, set, map and push of RESP. */
const aggregates = '*~%>';

/** Finds the end of element k of a RESP array while it passes: behind the header, elements are framed like replies. */
export class ElementCounter {
  readonly #framer: Framer<ReplyFrame>;
  #state: 'start' | 'header' | 'elements' | 'over' = 'start';
  #missing: number;

  constructor(protocol: Protocol, elements: number) {
    this.#framer = protocol.converse().replies;
    this.#missing = elements;
  }

  /** Takes the next bytes of the reply. @returns how many of them belong to the first k elements, once that is known; null before */
  push(bytes: Uint8Array): number | null {
    if (this.#state === 'over' || bytes.length === 0) return null;
    if (this.#state === 'start') {
      const isAggregate = aggregates.includes(String.fromCharCode(bytes[0] ?? 0));
      this.#state = isAggregate ? 'header' : 'over';
      if (!isAggregate) return null;
    }
    let from = 0;
    if (this.#state === 'header') {
      from = bytes.indexOf(LF) + 1;
      if (from === 0) return null;
      this.#state = 'elements';
    }
    return this.#countFrom(bytes, from);
  }

  #countFrom(bytes: Uint8Array, from: number): number | null {
    let end = this.#missing === 0 ? from : null;
    for (const { frame, last, to } of end === null ? this.#framer.push(bytes.subarray(from)) : []) {
      if (frame === null) break;
      if (last) this.#missing -= 1;
      if (this.#missing > 0) continue;
      end = from + to;
      break;
    }
    if (end !== null) this.#state = 'over';
    return end;
  }
}
