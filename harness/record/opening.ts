import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { fitLayout, type Unrecorded } from './layout.ts';
import { applicationId } from './part.ts';
import { messageOf, RecordError, readError } from './record-error.ts';
import { recordFormat } from './tables.ts';

/** A record that is open for reading, and how to let go of it. */
export interface OpenedRecord {
  readonly database: DatabaseSync;
  /** What an earlier crosswire did not record. */
  readonly unrecorded: Unrecorded;
  readonly close: () => void;
}

/** More than a value in a record may hold, in bytes: the plan is the largest. */
const valueBytesMax = 256 * 1024 * 1024;

/**
 * Opens a record without writing to it or to its folder. A finished one is read where it lies, as an immutable file. One
 * with a journal beside it was cut short: SQLite has to roll that journal back or forward, so it is given a copy.
 *
 * @param scratchFolder where such a copy may be made; it is removed again on close
 * @throws RecordError in one line
 */
export function openWithoutWriting(path: string, scratchFolder: string): OpenedRecord {
  const realPath = realPathOf(path);
  const header = headerOf(realPath, path);
  const beside = ['-wal', '-journal'].filter((suffix) => existsSync(`${realPath}${suffix}`));
  if (beside.length === 0 && !header.writeAheadLog) {
    refuseTruncated(header, path);
    const url = pathToFileURL(realPath);
    url.search = '?immutable=1&mode=ro';
    return guarded(
      path,
      () => new DatabaseSync(url, readOptions({ readOnly: true })),
      () => {},
    );
  }
  const folder = copyBeside(realPath, path, scratchFolder);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const copy = join(folder, 'record');
  return guarded(path, () => new DatabaseSync(copy, readOptions({ readOnly: false })), remove);
}

function readOptions(options: {
  readonly readOnly: boolean;
}): ConstructorParameters<typeof DatabaseSync>[1] & { readonly readOnly: boolean } {
  return { ...options, defensive: true, limits: { length: valueBytesMax, attach: 0 } };
}

/** From the open file on, any failure closes it again and removes the copy. */
function guarded(path: string, open: () => DatabaseSync, remove: () => void): OpenedRecord {
  let database: DatabaseSync | undefined;
  try {
    database = open();
    // A record may come from anywhere: nothing in its schema may run, and what a page holds is checked as it is read.
    database.exec('PRAGMA trusted_schema = OFF');
    database.exec('PRAGMA cell_size_check = ON');
    const opened = database;
    refuseStrangers(opened, path);
    const unrecorded = fitLayout(opened, path);
    database.exec('PRAGMA query_only = ON');
    return {
      database: opened,
      unrecorded,
      close: () => {
        opened.close();
        remove();
      },
    };
  } catch (cause) {
    database?.close();
    remove();
    throw readError(path, cause);
  }
}

function realPathOf(path: string): string {
  try {
    const realPath = realpathSync(path);
    if (!statSync(realPath).isFile())
      throw new RecordError('not-a-record', `${path} is not a file, so it is not a record`);
    return realPath;
  } catch (cause) {
    if (cause instanceof RecordError) throw cause;
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw absent
      ? new RecordError('missing', `there is no record at ${path}`, cause)
      : readError(path, cause);
  }
}

interface Header {
  readonly writeAheadLog: boolean;
  readonly bytesPromised: number;
  readonly bytes: number;
}

/** The first 100 bytes: https://www.sqlite.org/fileformat2.html#the_database_header */
function headerOf(realPath: string, path: string): Header {
  const bytes = Buffer.alloc(100);
  const length = readStart(realPath, path, bytes);
  const magic = bytes.toString('latin1', 0, 16);
  if (length === 0) throw new RecordError('truncated', `the record ${path} is empty`);
  if (magic !== 'SQLite format 3\0' && !'SQLite format 3\0'.startsWith(magic.slice(0, length)))
    throw new RecordError('not-a-record', `${path} is not a SQLite file, so it is not a record`);
  if (length < 100)
    throw new RecordError('truncated', `the record ${path} is cut off after ${length} bytes`);
  const pageSize = bytes.readUInt16BE(16);
  // The page count counts only when it was written by the last change.
  const counts = bytes.readUInt32BE(24) === bytes.readUInt32BE(92);
  return {
    writeAheadLog: bytes[18] === 2 || bytes[19] === 2,
    bytesPromised: counts ? bytes.readUInt32BE(28) * (pageSize === 1 ? 65_536 : pageSize) : 0,
    bytes: statSync(realPath).size,
  };
}

function readStart(realPath: string, path: string, into: Buffer): number {
  try {
    const file = openSync(realPath, 'r');
    try {
      return readSync(file, into, 0, into.length, 0);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw readError(path, cause);
  }
}

function refuseTruncated(header: Header, path: string): void {
  if (header.bytes >= header.bytesPromised) return;
  throw new RecordError(
    'truncated',
    `the record ${path} is cut off: it has ${header.bytes} bytes of ${header.bytesPromised}`,
  );
}

function refuseStrangers(database: DatabaseSync, path: string): void {
  const id = database.prepare('PRAGMA application_id').get()?.['application_id'];
  if (id !== applicationId)
    throw new RecordError(
      'not-a-record',
      `${path} is a SQLite file, but not a record of crosswire`,
    );
  const format = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (format > recordFormat)
    throw new RecordError(
      'newer',
      `the record ${path} has format ${format}, and this crosswire reads up to ${recordFormat}: use a newer one`,
    );
}

/** What the writers of a run that was killed have left: their rows were never joined. Empty when the folder cannot be looked into. */
export function partsBeside(path: string): readonly string[] {
  try {
    const realPath = realpathSync(path);
    const stem = basename(realPath, '.sqlite');
    return readdirSync(dirname(realPath))
      .filter((name) => name.startsWith(`${stem}.`) && name.endsWith('.part'))
      .toSorted();
  } catch {
    return [];
  }
}

/** Copies the record and its journal into a new folder, as of one moment. */
function copyBeside(realPath: string, path: string, scratchFolder: string): string {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(scratchFolder, 'record-'));
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const before = fingerprint(realPath);
      for (const suffix of ['', '-wal', '-journal']) {
        rmSync(join(folder, `record${suffix}`), { force: true });
        if (existsSync(`${realPath}${suffix}`))
          copyFileSync(
            `${realPath}${suffix}`,
            join(folder, `record${suffix}`),
            constants.COPYFILE_FICLONE,
          );
      }
      refuseSuperJournal(join(folder, 'record-journal'), path);
      if (fingerprint(realPath) === before) return folder;
    }
    throw new RecordError(
      'busy',
      `the record ${path} is being written right now; try again when its run has ended`,
    );
  } catch (cause) {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    if (cause instanceof RecordError) throw cause;
    throw new RecordError(
      'unwritable',
      `the record ${path} was cut short, and the copy to read it from could not be made in ${scratchFolder}: ${messageOf(cause)}`,
      cause,
    );
  }
}

function fingerprint(realPath: string): string {
  return ['', '-wal', '-journal']
    .map((suffix) => statSync(`${realPath}${suffix}`, { bigint: true, throwIfNoEntry: false }))
    .map((stat) => (stat === undefined ? 'none' : `${stat.ino} ${stat.size} ${stat.mtimeNs}`))
    .join('; ');
}

/**
 * A rollback journal may end with the name of a super-journal, and SQLite then deletes the file of that name. Ours never
 * has one, so a journal from elsewhere that has one is refused before it can name somebody's file.
 */
function refuseSuperJournal(journal: string, path: string): void {
  if (!existsSync(journal)) return;
  const magic = Buffer.from('d9d505f920a163d7', 'hex');
  const { size } = statSync(journal);
  if (size < magic.length) return;
  const end = Buffer.alloc(magic.length);
  const file = openSync(journal, 'r');
  try {
    readSync(file, end, 0, end.length, size - end.length);
  } finally {
    closeSync(file);
  }
  if (end.equals(magic))
    throw new RecordError('malformed', `the journal beside ${path} is not one of crosswire's`);
}
