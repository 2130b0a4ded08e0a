import type { CheckName } from '../model/finding.ts';
import { canary } from './canary.ts';
import type { Checker } from './checker.ts';
import { faultBit } from './fault-bit.ts';
import { mapping } from './mapping.ts';
import { ownDataOnly } from './own-data-only.ts';
import { selfAudit } from './self-audit.ts';
import { served } from './served.ts';
import { settles } from './settles.ts';
import { wholeRecord } from './whole-record.ts';

/** All checks, in the order in which they are listed. */
export const checks: readonly Checker[] = [
  ownDataOnly,
  mapping,
  settles,
  served,
  faultBit,
  canary,
  selfAudit,
  wholeRecord,
];

/** @throws RangeError that lists the known names */
export function checkerNamed(name: CheckName): Checker {
  const found = checks.find((checker) => checker.name === name);
  if (found !== undefined) return found;
  const known = checks.map((checker) => checker.name).join(', ');
  throw new RangeError(`there is no check ${JSON.stringify(name)}; there are ${known}`);
}
