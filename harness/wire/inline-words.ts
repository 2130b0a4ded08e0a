/** The words of a command that is a line of text: split at white space, without the quotes around a word. */
export function inlineWords(line: string): string[] {
  return line
    .split(/\s+/u)
    .filter((word) => word !== '')
    .map(unquoted);
}

function unquoted(word: string): string {
  const quote = word[0];
  const isQuoted = word.length > 1 && (quote === '"' || quote === "'") && word.endsWith(quote);
  return isQuoted ? word.slice(1, -1) : word;
}
