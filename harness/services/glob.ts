/**
 * Whether a text matches a pattern of `*`, `?`, `[a-c]`, `[^a]` and backslash escapes, as KEYS and SCAN take them.
 * Steps back to the last star only, so the work is at most the product of both lengths.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let place = 0;
  let starAt = -1;
  let starPlace = 0;
  while (place < text.length) {
    if (pattern[at] === '*') {
      starAt = at;
      starPlace = place;
      at += 1;
      continue;
    }
    const next = at < pattern.length ? matchOne(pattern, at, text[place] ?? '') : -1;
    if (next >= 0) {
      at = next;
      place += 1;
    } else if (starAt >= 0) {
      starPlace += 1;
      place = starPlace;
      at = starAt + 1;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at >= pattern.length;
}

/** Where the pattern goes on behind one matched character, or -1. */
function matchOne(pattern: string, at: number, character: string): number {
  const first = pattern[at];
  if (first === '?') return at + 1;
  if (first === '[') return matchClass(pattern, at + 1, character);
  const isEscape = first === '\\' && at + 1 < pattern.length;
  const literal = isEscape ? pattern[at + 1] : first;
  return literal === character ? at + (isEscape ? 2 : 1) : -1;
}

function matchClass(pattern: string, from: number, character: string): number {
  const isNegated = pattern[from] === '^';
  let at = isNegated ? from + 1 : from;
  let isMatch = false;
  while (at < pattern.length && pattern[at] !== ']') {
    if (pattern[at] === '\\' && at + 1 < pattern.length) {
      isMatch ||= pattern[at + 1] === character;
      at += 2;
    } else if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
      const [low, high] = [pattern[at] ?? '', pattern[at + 2] ?? ''].sort();
      isMatch ||= character >= (low ?? '') && character <= (high ?? '');
      at += 3;
    } else {
      isMatch ||= pattern[at] === character;
      at += 1;
    }
  }
  // A class that is never closed ends with the pattern.
  return isMatch === isNegated ? -1 : Math.min(at + 1, pattern.length);
}
