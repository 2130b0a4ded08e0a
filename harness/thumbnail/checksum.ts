/**
 * CRC-32 as in zlib, gzip and PNG (reflected polynomial 0xEDB88320, ISO 3309), over `bytes`, going on from `value`.
 * `zlib.crc32` of Node fits and is faster; it is passed in by those who run there.
 */
export type Crc32 = (bytes: Uint8Array, value?: number) => number;

/** CRC-32 four bytes a step, in plain JavaScript, for runtimes without a native one. */
export const crc32: Crc32 = (bytes, value = 0) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeWords = bytes.length & ~3;
  let rest = ~value;
  let index = 0;
  for (; index < wholeWords; index += 4) {
    rest ^= view.getUint32(index, true);
    rest =
      (TABLES[768 + (rest & 0xff)] ?? 0) ^
      (TABLES[512 + ((rest >>> 8) & 0xff)] ?? 0) ^
      (TABLES[256 + ((rest >>> 16) & 0xff)] ?? 0) ^
      (TABLES[rest >>> 24] ?? 0);
  }
  for (; index < bytes.length; index += 1) {
    rest = (rest >>> 8) ^ (TABLES[(rest ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return ~rest >>> 0;
};

/**
 * A second sum that is not linear over bits as a CRC is: each 32-bit word is folded in by rotation, exclusive or and an odd
 * multiplication. Every step is a bijection of the running value, so one changed word always changes the result. Four
 * running values take the words in turn, as one multiplication need not wait for the other then.
 *
 * @returns 32 bits, unsigned
 */
export function wordSum(bytes: Uint8Array, key: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeSteps = bytes.length & ~15;
  let a = scatter(key ^ bytes.length);
  let b = a + 1;
  let c = a + 2;
  let d = a + 3;
  let index = 0;
  for (; index < wholeSteps; index += 16) {
    a = folded(a, view.getUint32(index, true));
    b = folded(b, view.getUint32(index + 4, true));
    c = folded(c, view.getUint32(index + 8, true));
    d = folded(d, view.getUint32(index + 12, true));
  }
  for (; index < bytes.length; index += 1) a = folded(a, bytes[index] ?? 0);
  return scatter(folded(folded(folded(a, b), c), d));
}

function folded(sum: number, word: number): number {
  return Math.imul(((sum << 13) | (sum >>> 19)) ^ word, 0x9e3779b1);
}

/**
 * The 32-bit key of a run. Both halves of the seed go in, and near seeds give far keys, so the pictures of another run do not verify.
 *
 * @param seed a safe integer; other numbers throw RangeError
 */
export function stampKey(seed: number): number {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is a whole number, got ${seed}`);
  const low = seed >>> 0;
  const high = Math.floor(seed / 0x1_0000_0000) | 0;
  return scatter(scatter(high ^ 0x5bd1e995) ^ low);
}

/** The finishing mixer of MurmurHash3: a bijection of 32 bits in which every input bit reaches every output bit. */
function scatter(word: number): number {
  let mixed = word | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Four tables of 256 words: what a byte becomes after it and 0, 1, 2 or 3 zero bytes have been shifted through. */
const TABLES: Uint32Array = tables();

function tables(): Uint32Array {
  const words = new Uint32Array(1024);
  for (let byte = 0; byte < 256; byte += 1) {
    let rest = byte;
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    words[byte] = rest;
  }
  for (let index = 256; index < 1024; index += 1) {
    const before = words[index - 256] ?? 0;
    words[index] = (before >>> 8) ^ (words[before & 0xff] ?? 0);
  }
  return words;
}
