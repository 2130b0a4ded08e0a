/**
 * Numbers as memcached reads them, which is as C's strtol does: white space and a sign may come first, and what follows
 * a number and white space is not looked at. All give null for what memcached refuses.
 */
const numberForm = /^[ \t\n\v\f\r]*(?<sign>[+-]?)(?<digits>\d+)(?=[ \t\n\v\f\r\0]|$)/;

const int64Max = 2n ** 63n - 1n;
const uint64Max = 2n ** 64n - 1n;

/** A time or a length: read as 64 bits, of which the lower 32 are kept. */
export function parseInt32(text: string): number | null {
  const number = parse(text);
  if (number === null || number > int64Max || number < -int64Max - 1n) return null;
  return Number(BigInt.asIntN(32, number));
}

/** A client's flags: read as 64 bits, of which the lower 32 are kept. */
export function parseUint32(text: string): number | null {
  const number = parseUint64(text);
  return number === null ? null : Number(BigInt.asUintN(32, number));
}

/** A cas number or a delta. */
export function parseUint64(text: string): bigint | null {
  const number = parse(text);
  if (number === null || number > uint64Max || number < -uint64Max) return null;
  const value = BigInt.asUintN(64, number);
  return value > int64Max && text.includes('-') ? null : value;
}

function parse(text: string): bigint | null {
  const found = numberForm.exec(text)?.groups;
  if (found === undefined) return null;
  const magnitude = BigInt(found['digits'] ?? '');
  return found['sign'] === '-' ? -magnitude : magnitude;
}
