const LF = 10;
const V = 'V'.charCodeAt(0);
const lineBytesMax = 2_048;

/**
 * Finds the end of value k of a reply of memcached's text protocol while it passes: what a get of many keys is answered with, `VALUE` by
 * `VALUE`. Whether there is a value behind it is known one byte later.
 */
export class ValueCounter {
  #state: 'between' | 'line' | 'data' | 'over' = 'between';
  /** Values that are still to pass. */
  #missing: number;
  #line = '';
  /** Of the data at hand, its end of line included. */
  #dataBytes = 0;

  constructor(values: number) {
    this.#missing = values;
  }

  /** Takes the next bytes of the reply. @returns how many of them belong to the first k values, once that is known and more are to come; null before */
  push(bytes: Uint8Array): number | null {
    let at = 0;
    while (at < bytes.length && this.#state !== 'over') {
      if (this.#state === 'between') {
        const isValue = bytes[at] === V;
        this.#state = isValue && this.#missing > 0 ? 'line' : 'over';
        if (this.#state === 'over') return isValue ? at : null;
      } else if (this.#state === 'line') {
        at = this.#readLine(bytes, at);
      } else {
        const taken = Math.min(this.#dataBytes, bytes.length - at);
        this.#dataBytes -= taken;
        at += taken;
        if (this.#dataBytes > 0) continue;
        this.#missing -= 1;
        this.#state = 'between';
      }
    }
    return null;
  }

  #readLine(bytes: Uint8Array, from: number): number {
    const end = bytes.indexOf(LF, from);
    const to = end === -1 ? bytes.length : end + 1;
    for (let at = from; at < to; at += 1) this.#line += String.fromCharCode(bytes[at] ?? 0);
    if (this.#line.length > lineBytesMax) this.#state = 'over';
    if (end === -1) return to;
    const [, size] = /^VALUE \S+ \d+ (\d+)/u.exec(this.#line) ?? [];
    this.#line = '';
    // The one value of a meta get is no list.
    this.#state = size === undefined ? 'over' : 'data';
    this.#dataBytes = Number(size ?? 0) + '\r\n'.length;
    return to;
  }
}
