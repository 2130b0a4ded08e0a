import type { RowReference } from '../model/finding.ts';
import type { WireRow } from '../model/rows.ts';
import { isError } from './wire-view.ts';
import { at, commandWords, valueWords } from './words.ts';

/** What became of a call's own command. */
export function ownWords(own: WireRow): string {
  const name = `${commandWords(own)}, command ${own.position} on connection ${own.connection},`;
  const fault = own.faultId === null ? '' : ` by ${own.faultId}`;
  switch (own.fate) {
    case 'delivered':
      return `${name} was answered at ${at(own.replyNs ?? own.commandNs)} with ${answerWords(own)}.`;
    case 'held':
      return `${name} was answered late${fault}, at ${at(own.replyNs ?? own.commandNs)}, with ${answerWords(own)}.`;
    case 'refused':
      return `${name} was refused${fault} with an error.`;
    case 'cut':
      return `${name} was never answered: the connection was cut${fault} before its reply.`;
    case 'cut-inside':
      return `${name} was never answered whole: the connection was cut${fault} within its reply.`;
    case 'lost':
      return `${name} was never answered: the connection ended before.`;
    default:
      return own.fate satisfies never;
  }
}

function answerWords(row: WireRow): string {
  if (isError(row)) return 'an error';
  return row.replyDigest === null ? 'no value' : valueWords(row.replyDigest);
}

export function wireEvidence(
  ...rows: readonly (WireRow | null | undefined)[]
): readonly RowReference[] {
  return rows.flatMap((row) => (row ? [{ table: 'wire' as const, id: row.id }] : []));
}

/** With a capital letter, for the beginning of a sentence. */
export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
