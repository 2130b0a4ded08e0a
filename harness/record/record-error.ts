/** What is wrong with a record, in one line for people. */
export class RecordError extends Error {
  readonly problem: RecordProblem;

  constructor(problem: RecordProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RecordError';
    this.problem = problem;
  }
}

/**
 * `missing`: there is no file. `not-a-record`: it is something else. `truncated`: its end is missing. `newer`: a newer
 * crosswire wrote it. `malformed`: what is in it is not what its format promises. `busy`: it is being written right now.
 * `unwritable`: the disk is full or refuses.
 */
export type RecordProblem =
  | 'missing'
  | 'not-a-record'
  | 'truncated'
  | 'newer'
  | 'malformed'
  | 'busy'
  | 'unwritable';

/** Names the cause of a failed write and what to do about it. */
export function writeError(path: string, cause: unknown): RecordError {
  if (cause instanceof RecordError) return cause;
  return new RecordError(
    'unwritable',
    `the record could not be written: ${reasonOf(cause)} at ${path} (${messageOf(cause)})`,
    cause,
  );
}

/** Names the cause of a failed read. */
export function readError(path: string, cause: unknown): RecordError {
  if (cause instanceof RecordError) return cause;
  const problem = primaryCode(cause) === 26 ? 'not-a-record' : 'malformed';
  return new RecordError(problem, `the record ${path} cannot be read: ${messageOf(cause)}`, cause);
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Result codes: https://www.sqlite.org/rescode.html */
function reasonOf(cause: unknown): string {
  switch (primaryCode(cause)) {
    case 8:
      return 'read-only';
    case 10:
      return 'input or output error (a full disk, a file size limit or a broken disk)';
    case 13:
      return 'disk full';
    case 14:
      return 'cannot be opened';
    default:
      return systemReasonOf(cause);
  }
}

function systemReasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ENOSPC':
      return 'disk full';
    case 'EFBIG':
      return 'the file size limit was met (see ulimit -f)';
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return 'no permission to write';
    case 'EEXIST':
      return 'a file is already there';
    case 'ENOENT':
      return 'no such folder';
    default:
      return 'refused';
  }
}

/** SQLite's primary result code, or 0 for an error of another origin. */
export function primaryCode(cause: unknown): number {
  if (!(cause instanceof Error) || !('errcode' in cause)) return 0;
  return typeof cause.errcode === 'number' ? cause.errcode & 0xff : 0;
}
