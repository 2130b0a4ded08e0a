/** Bytes as they came, taken out from the front. */
export interface Input {
  push(bytes: Buffer): void;
  size(): number;
  /** The first bytes, which stay; null when there are fewer. */
  peek(bytes: number): Buffer | null;
  take(bytes: number): Buffer | null;
  /** Throws away up to so many, and says how many. */
  skip(bytes: number): number;
  /** Up to LF, without it and a CR before it, unless the line is nothing but that. latin1. */
  line(): string | null;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Nothing so far. */
export function createInput(): Input {
  let chunks: Buffer[] = [];
  let size = 0;
  /** How many of the first bytes are known to hold no LF. */
  let searched = 0;

  const join = (): Buffer => {
    if (chunks.length !== 1) chunks = [Buffer.concat(chunks, size)];
    return chunks[0] ?? Buffer.alloc(0);
  };
  const drop = (bytes: number): void => {
    chunks = bytes === size ? [] : [join().subarray(bytes)];
    size -= bytes;
    searched = 0;
  };
  const take = (bytes: number): Buffer | null => {
    if (size < bytes) return null;
    // A copy: what is stored for long must not keep everything alive that arrived with it.
    const taken = Buffer.from(join().subarray(0, bytes));
    drop(bytes);
    return taken;
  };
  return {
    push: (bytes) => {
      chunks.push(bytes);
      size += bytes.length;
    },
    size: () => size,
    peek: (bytes) => (size < bytes ? null : join().subarray(0, bytes)),
    take,
    skip: (bytes) => {
      const skipped = Math.min(Math.max(0, bytes), size);
      drop(skipped);
      return skipped;
    },
    line: () => {
      if (size === searched) return null;
      const whole = join();
      const end = whole.indexOf(lineFeed, searched);
      if (end < 0) {
        searched = size;
        return null;
      }
      const textEnd = end > 1 && whole[end - 1] === carriageReturn ? end - 1 : end;
      const text = whole.toString('latin1', 0, textEnd);
      drop(end + 1);
      return text;
    },
  };
}
