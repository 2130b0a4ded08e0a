import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const dumpName = 'dump.rdb';

/** A key of padding for so much of the time that loading takes: as long as a loading server lets its clients wait. */
const paddingStepMs = 10;
/** More than the bytes after which a loading server looks at its connections, so that it does so after each key. */
const valueBytes = 1_100;

const expiryOpcode = 0xfc;
const selectOpcode = 0xfe;
const endOpcode = 0xff;
/** The end of a dump: its opcode and eight bytes of checksum. */
const endBytes = 9;

/**
 * Puts so many keys behind those of a dump that loading it can be drawn out. All of them expired long ago: a server that
 * loads them spends its time and keeps none. A dump is made where there is none. Format: the RDB format of Redis,
 * version 9 for a dump of our own; a checksum of zero says that there is none. Gives how many keys it put there.
 */
export async function padDump(directory: string, loadingMs: number): Promise<number> {
  const file = join(directory, dumpName);
  const dump = await readFile(file).catch(() => null);
  const body = dump === null ? Buffer.from('REDIS0009') : dump.subarray(0, -endBytes);
  const value = shortString('.'.repeat(valueBytes));
  const longAgo = Buffer.alloc(9);
  longAgo.writeUInt8(expiryOpcode, 0);
  longAgo.writeBigUInt64LE(1n, 1);
  const keys = Array.from({ length: Math.ceil(loadingMs / paddingStepMs) }, (_, index) =>
    Buffer.concat([longAgo, Buffer.of(0), shortString(`crosswire:padding:${index}`), value]),
  );
  const end = Buffer.concat([Buffer.of(endOpcode), Buffer.alloc(8)]);
  await writeFile(file, Buffer.concat([body, Buffer.of(selectOpcode, 0), ...keys, end]));
  return keys.length;
}

export async function removeDump(directory: string): Promise<void> {
  await rm(join(directory, dumpName), { force: true });
}

/** A string of less than 16,384 bytes, behind its length in 14 bits. */
function shortString(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([Buffer.of(0x40 | (bytes.length >> 8), bytes.length & 0xff), bytes]);
}
