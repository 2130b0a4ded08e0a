/** Beyond it memcached takes a time to live for a date (protocol.txt, Expiration times). */
const secondsMax = 30 * 24 * 60 * 60;

/**
 * A time to live for memcached, which takes whole seconds: rounded up, and never 0, which would mean for ever. Throws a RangeError for
 * more than 30 days.
 */
export function wholeSeconds(ttlMs: number): number {
  const seconds = Math.max(1, Math.ceil(ttlMs / 1_000));
  if (seconds <= secondsMax) return seconds;
  throw new RangeError(`${ttlMs} ms is more than the ${secondsMax} s that memcached keeps a value`);
}
