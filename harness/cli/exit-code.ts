import type { Outcome } from '../model/finding.ts';

/** What a shell sees. `usage` and `ourFault` are EX_USAGE and EX_SOFTWARE of BSD's sysexits. */
export const exitCodes = {
  pass: 0,
  fail: 1,
  inconclusive: 2,
  usage: 64,
  ourFault: 70,
  interrupted: 130,
} as const;

export function exitCodeOf(outcome: Outcome): number {
  return exitCodes[outcome];
}
