import { count } from './options.ts';

/** What `--fleet` is for. */
export const fleetSays: string =
  'scale how far it went to so many users, with a confidence interval';

/** The largest fleet: more than there are people. */
const fleetMax = 10_000_000_000;

/** Reads `--fleet`. Throws UsageError with the value and the limit. */
export function fleetOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : count('--fleet', text, { max: fleetMax });
}
