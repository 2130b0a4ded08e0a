/**
 * Text that is safe to print on a terminal. A record may hold any string (a library's error message, a target's path), so
 * control characters, which can move the cursor or hide text, and characters that turn the reading direction are made visible.
 */
export function plain(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, '\uFFFD');
}

/** How many columns a terminal gives to the text: marks that combine take none, East Asian wide ones and pictographs take two. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfCharacter(character);
  return columns;
}

/** The text cut to at most `columnsMax` columns, its end replaced by `...` where something was left out. */
export function shortened(text: string, columnsMax: number): string {
  if (columnsOf(text) <= columnsMax) return text;
  const ending = ELLIPSIS.slice(0, Math.max(0, columnsMax));
  return `${head(text, columnsMax - ending.length)}${ending}`;
}

/** The same, but it is the middle that is left out: of a long path both the start and the file name stay readable. */
export function shortenedInside(text: string, columnsMax: number): string {
  if (columnsOf(text) <= columnsMax) return text;
  const room = Math.max(0, columnsMax - ELLIPSIS.length);
  const end = Array.from(text).toReversed().join('');
  const tail = Array.from(head(end, Math.ceil(room * 0.6)))
    .toReversed()
    .join('');
  return `${head(text, room - columnsOf(tail))}${ELLIPSIS}${tail}`;
}

/** The text followed by spaces up to `columns`. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

const ELLIPSIS = '...';
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu;
const COMBINING = /\p{M}/u;
const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}|[\u{20000}-\u{3FFFD}]/u;

function columnsOfCharacter(character: string): number {
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

function head(text: string, columnsMax: number): string {
  let columns = 0;
  let taken = '';
  for (const character of text) {
    columns += columnsOfCharacter(character);
    if (columns > columnsMax) break;
    taken += character;
  }
  return taken;
}
