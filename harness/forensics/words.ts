import type { CacheCallRow, WireRow } from '../model/rows.ts';

/** A moment of the run: `31.204 s`. */
export function at(timeNs: number): string {
  return `${(timeNs / 1e9).toFixed(3)} s`;
}

/** A key for people: what is secret or merely long in it is shortened in the middle. */
export function keyWords(key: string): string {
  const hidden = key.replace(/[0-9a-f]{28}$/, '...');
  return hidden.length <= keyLengthMax
    ? hidden
    : `${hidden.slice(0, keyLengthMax - tailLength - 3)}...${hidden.slice(-tailLength)}`;
}

/** `GET thumb:7`. */
export function commandWords({ command, key }: Pick<WireRow, 'command' | 'key'>): string {
  return key === null ? command : `${command} ${keyWords(key)}`;
}

/** `reply 8127 on connection 14`. */
export function replyWords({
  position,
  connection,
}: Pick<WireRow, 'position' | 'connection'>): string {
  return `reply ${position} on connection ${connection}`;
}

/** `get for request r-1, 31.201 s to 31.204 s`: for where the key has just been named. */
export function askedWords({ call, requestId, startedNs, doneNs }: CacheCallRow): string {
  const by = requestId === null ? '' : ` for request ${requestId}`;
  return `${call}${by}, ${at(startedNs)} to ${at(doneNs)}`;
}

/** `delete of thumb:7 for request r-1, 31.201 s to 31.204 s`. */
export function callWords({ call, key, requestId, startedNs, doneNs }: CacheCallRow): string {
  const by = requestId === null ? '' : ` for request ${requestId}`;
  return `${call} of ${keyWords(key)}${by}, ${at(startedNs)} to ${at(doneNs)}`;
}

/** `value 16b3544280b7`. */
export function valueWords(digest: string | null): string {
  return digest === null ? 'a value without a digest' : `value ${digest.slice(0, digestDigits)}`;
}

const keyLengthMax = 40;
const tailLength = 14;
const digestDigits = 8;
