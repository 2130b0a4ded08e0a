/**
 * Splits an inline request into words: bare, in double quotes with escapes (`\n`, `\x00`), or in single quotes where
 * only `\'` is an escape. Null when a quote is not closed, or is followed by more than a space.
 * Source: https://redis.io/docs/latest/develop/reference/protocol-spec/#inline-commands
 */
export function splitInlineRequest(line: string): Buffer[] | null {
  const words: Buffer[] = [];
  let text = '';
  let isInWord = false;
  let position = 0;
  const pattern = new RegExp(wordPattern);
  while (position < line.length) {
    pattern.lastIndex = position;
    const match = pattern.exec(line);
    if (match === null) {
      if (!/^[ \t\r\n\v\f]*$/.test(line.slice(position))) return null;
      break;
    }
    const startsWithSpace = isSpace(match[0]);
    if (isInWord && startsWithSpace) {
      words.push(Buffer.from(text, 'latin1'));
      text = '';
    }
    isInWord = true;
    position = pattern.lastIndex;
    const { bare, double, single } = match.groups ?? {};
    text +=
      bare ?? (double === undefined ? (single ?? '').replaceAll("\\'", "'") : unescape(double));
    if (bare === undefined && position < line.length && !isSpace(line.slice(position))) return null;
  }
  if (isInWord) words.push(Buffer.from(text, 'latin1'));
  return words;
}

/** One piece of a word, with the space before it. A single quote behind a backslash never closes. */
const wordPattern =
  /[ \t\r\n\v\f]*(?:(?<bare>[^ \t\r\n\v\f"']+)|"(?<double>(?:\\.|[^"\\])*)"|'(?<single>(?:\\'|[^'\\]|\\(?!'))*)')/sy;

function isSpace(text: string): boolean {
  return /^[ \t\r\n\v\f]/.test(text);
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  a: '\u0007',
};

function unescape(text: string): string {
  return text.replaceAll(/\\(?:x(?<code>[\da-fA-F]{2})|(?<other>.))/gs, (...match) => {
    const { code, other } = match.at(-1) as { code?: string; other?: string };
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    return escapes[other ?? ''] ?? other ?? '';
  });
}
