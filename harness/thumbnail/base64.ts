const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The bytes of a base64 text (RFC 4648, padded). Throws TypeError for any other character or length. */
export function base64Bytes(text: string): Uint8Array {
  if (text.length % 4 !== 0) {
    throw new TypeError(`base64 comes in fours, got ${text.length} characters`);
  }
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let length = 0;
  for (let index = 0; index < text.length; index += 4) {
    const last = index + 4 === text.length;
    const group =
      (sextet(text, index) << 18) |
      (sextet(text, index + 1) << 12) |
      (last && padding === 2 ? 0 : sextet(text, index + 2) << 6) |
      (last && padding > 0 ? 0 : sextet(text, index + 3));
    bytes[length] = group >> 16;
    if (length + 1 < bytes.length) bytes[length + 1] = group >> 8;
    if (length + 2 < bytes.length) bytes[length + 2] = group;
    length += 3;
  }
  return bytes;
}

/** The value of each character code, or 64 where there is none. */
const SEXTETS = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = ALPHABET.indexOf(String.fromCharCode(code));
  return value === -1 ? 64 : value;
});

function sextet(text: string, index: number): number {
  const value = SEXTETS[text.charCodeAt(index)] ?? 64;
  if (value === 64) {
    throw new TypeError(`base64 does not have ${JSON.stringify(text[index])}, at ${index}`);
  }
  return value;
}
