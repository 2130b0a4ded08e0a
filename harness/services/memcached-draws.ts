import type { Rng } from '../model/world.ts';

/** What the commands of a sequence are drawn with. */
export interface Draw {
  readonly rng: Rng;
  readonly isSteady: boolean;
}

/** One of some, each as likely. */
export function pick<const Value>(rng: Rng, values: readonly [Value, ...Value[]]): Value {
  return values[rng.integer(0, values.length - 1)] ?? values[0];
}

export const keyTooLong: string = 'k'.repeat(251);
const keyLongest = 'k'.repeat(250);

/** One of few, so that commands meet. */
export function key({ rng }: Draw): string {
  if (rng.chance(0.02)) return keyLongest;
  return pick(rng, ['a', 'b', 'c', 'number', 'other', 'k\x80\xff', 'a\tb']);
}

/** Longer than is allowed, at times. */
export function keyOrTooLong(draw: Draw): string {
  return draw.rng.chance(0.03) ? keyTooLong : key(draw);
}

/**
 * No stored number is above 2^63: a real server then looks for a minus sign in whatever memory follows the value, so that its
 * reply depends on what was there before.
 */
export function value({ rng }: Draw): string {
  if (rng.chance(0.4))
    return pick(rng, ['1', '10', '99', '0', '4611686018427387904', '18446744073709551616', '5 x']);
  return pick(rng, ['', 'x', 'hello', 'a b\r\nc', 'get a\r\n', '\0\xff', 'x'.repeat(40), '-3']);
}
