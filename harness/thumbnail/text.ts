/**
 * UTF-8 by hand: `TextEncoder` is a web API that the runtime of older k6 versions does not have, and this room runs there too.
 * Source: RFC 3629.
 */

/** The UTF-8 bytes of a text. Throws TypeError for a text with an unpaired surrogate, which UTF-8 cannot carry. */
export function utf8Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      bytes[length] = unit;
      length += 1;
      continue;
    }
    const point = text.codePointAt(index) ?? 0;
    if (point >= 0xd800 && point <= 0xdfff) {
      throw new TypeError(
        `${JSON.stringify(text)} has half a surrogate pair at ${index}, which UTF-8 cannot carry; use well-formed text`,
      );
    }
    if (point > 0xffff) index += 1;
    length = putPoint(bytes, length, point);
  }
  return bytes.subarray(0, length);
}

/** The text of UTF-8 bytes, or null when they are not valid UTF-8 (overlong forms and surrogates included). Never throws. */
export function utf8Text(bytes: Uint8Array): string | null {
  let text = '';
  let index = 0;
  while (index < bytes.length) {
    const first = bytes[index] ?? 0;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      index += 1;
      continue;
    }
    const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    const point = pointAt(bytes, index, size);
    if (point === null) return null;
    text += String.fromCodePoint(point);
    index += size;
  }
  return text;
}

function putPoint(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x800) {
    bytes[at] = 0xc0 | (point >> 6);
    bytes[at + 1] = 0x80 | (point & 0x3f);
    return at + 2;
  }
  if (point < 0x10000) {
    bytes[at] = 0xe0 | (point >> 12);
    bytes[at + 1] = 0x80 | ((point >> 6) & 0x3f);
    bytes[at + 2] = 0x80 | (point & 0x3f);
    return at + 3;
  }
  bytes[at] = 0xf0 | (point >> 18);
  bytes[at + 1] = 0x80 | ((point >> 12) & 0x3f);
  bytes[at + 2] = 0x80 | ((point >> 6) & 0x3f);
  bytes[at + 3] = 0x80 | (point & 0x3f);
  return at + 4;
}

/** The smallest code point that needs this many bytes: anything below is an overlong form. */
const POINT_MIN: Readonly<Record<number, number>> = { 2: 0x80, 3: 0x800, 4: 0x10000 };

function pointAt(bytes: Uint8Array, at: number, size: number): number | null {
  const first = bytes[at] ?? 0;
  if (first < 0xc2 || first > 0xf4 || at + size > bytes.length) return null;
  let point = first & (0x7f >> size);
  for (let index = at + 1; index < at + size; index += 1) {
    const next = bytes[index] ?? 0;
    if ((next & 0xc0) !== 0x80) return null;
    point = (point << 6) | (next & 0x3f);
  }
  if (point < (POINT_MIN[size] ?? 0) || point > 0x10ffff) return null;
  return point >= 0xd800 && point <= 0xdfff ? null : point;
}
