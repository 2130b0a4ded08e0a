const alphabet = /[A-Za-z0-9+/=]/g;
const characterCount = 64;

/**
 * Decodes a key as memcached does: characters outside the alphabet are passed over, and what comes after padding is not
 * looked at. Null when nothing can be decoded. The result is latin1, one character a byte.
 */
export function decodeBase64Key(text: string): string | null {
  const characters = text.match(alphabet)?.join('') ?? '';
  if (characters.length === 0 || characters.length % 4 !== 0) return null;
  let decoded = '';
  for (let from = 0; from < characters.length; from += 4) {
    const block = characters.slice(from, from + 4);
    const padding = block.split('=').length - 1;
    if (padding > 2) return null;
    decoded += decodeBlock(block).slice(0, 3 - padding);
    if (padding > 0) break;
  }
  return decoded;
}

/** Padding counts as zero wherever it stands. */
function decodeBlock(block: string): string {
  let bits = 0;
  for (const character of block) bits = bits * characterCount + valueOf(character);
  return String.fromCharCode((bits >> 16) & 0xff, (bits >> 8) & 0xff, bits & 0xff);
}

function valueOf(character: string): number {
  if (character === '=') return 0;
  return 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.indexOf(character);
}
