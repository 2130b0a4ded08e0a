import type { Fit } from './asked-queue.ts';

/** What the head of a text reply tells of the command that it answers. */
export interface TextReply {
  /** First word, for example `VALUE` or `HD`. */
  readonly word: string;
  readonly opaque: string | null;
  readonly key: string | null;
}

export interface MetaCommand {
  readonly name: string;
  readonly key: string | null;
  readonly opaque: string | null;
  readonly isQuiet: boolean;
}

/** Return codes of meta commands: only these carry opaque values and keys. */
const codes: ReadonlySet<string> = new Set(['HD', 'VA', 'EN', 'NS', 'EX', 'NF']);

/** Whether a reply can be that of a command of the classic text protocol, when quiet meta commands are due before it. */
export function fitsText(name: string, { word }: TextReply): Fit {
  if (isError(word)) return 'perhaps';
  const isMeta = codes.has(word) || word === 'MN' || word === 'ME';
  if (isMeta) return 'no';
  const isOfGet = word === 'VALUE';
  return isOfGet === getNames.has(name) || word === 'END' ? 'surely' : 'no';
}

const getNames: ReadonlySet<string> = new Set(['get', 'gets', 'gat', 'gats']);

/** Whether a reply can be that of a meta command. */
export function fitsMeta(command: MetaCommand, reply: TextReply): Fit {
  const { name, isQuiet } = command;
  if (name === 'mn') return reply.word === 'MN' ? 'surely' : 'no';
  if (isError(reply.word)) return 'perhaps';
  if (name === 'me') return reply.word === 'ME' || reply.word === 'EN' ? 'perhaps' : 'no';
  if (!codes.has(reply.word)) return 'no';
  const named = fitByName(command, reply);
  if (named !== 'perhaps') return named;
  if (isQuiet && reply.word === hiddenWords.get(name)) return 'no';
  const canHaveValue = name === 'mg' || name === 'ma';
  return reply.word === 'VA' && !canHaveValue ? 'no' : 'perhaps';
}

/** What a quiet command does not say: for `mg` that there is nothing, for the others that all went well. */
const hiddenWords: ReadonlyMap<string, string> = new Map([
  ['mg', 'EN'],
  ['ms', 'HD'],
  ['md', 'HD'],
  ['ma', 'HD'],
]);

function fitByName(command: MetaCommand, { word, opaque, key }: TextReply): Fit {
  if (opaque !== null) return opaque === command.opaque ? 'surely' : 'no';
  if (key !== null) return key === command.key ? 'surely' : 'no';
  // An older server says EN alone, whatever it was given.
  return command.opaque === null || word === 'EN' ? 'perhaps' : 'no';
}

/** Any command can fail, and an error names none. */
function isError(word: string): boolean {
  return word === 'CLIENT_ERROR' || word === 'SERVER_ERROR' || word.startsWith('ERROR');
}
