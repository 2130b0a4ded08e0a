/** One character a byte, so that lengths are those of the bytes. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The bytes of a text of one character a byte. */
export function bytesOf(latin1Text: string): Uint8Array {
  return Uint8Array.from(latin1Text, (character) => character.charCodeAt(0));
}

/** The text that bytes in UTF-8 stand for, from one character a byte; no longer than `bytesMax` bytes. */
export function textOf(latin1Text: string, bytesMax: number): string {
  const cut = latin1Text.slice(0, bytesMax);
  if (!notAscii.test(cut)) return cut;
  return new TextDecoder().decode(bytesOf(cut));
}

const notAscii = /[\u0080-\u00FF]/u;

/** The words of a line, split at spaces alone. */
export function wordsOf(line: string): string[] {
  return line.split(' ').filter((word) => word !== '');
}
