import type { CheckName } from '../model/finding.ts';
import { canary } from './canary.ts';
import type { Checker } from './checker.ts';
import { comesBack } from './comes-back.ts';
import { failsClosed } from './fails-closed.ts';
import { faultBit } from './fault-bit.ts';
import { fresh } from './fresh.ts';
import { intact } from './intact.ts';
import { mapping } from './mapping.ts';
import { onSchedule } from './on-schedule.ts';
import { originLoad } from './origin-load.ts';
import { ownDataOnly } from './own-data-only.ts';
import { rightDevice } from './right-device.ts';
import { selfAudit } from './self-audit.ts';
import { served } from './served.ts';
import { settles } from './settles.ts';
import { staysUp } from './stays-up.ts';
import { stored } from './stored.ts';
import { wholeRecord } from './whole-record.ts';

/** All checks, in the order in which they are listed. */
export const checks: readonly Checker[] = [
  ownDataOnly,
  rightDevice,
  fresh,
  mapping,
  stored,
  intact,
  failsClosed,
  settles,
  comesBack,
  served,
  faultBit,
  onSchedule,
  originLoad,
  canary,
  selfAudit,
  staysUp,
  wholeRecord,
];

/** Whether this version has a check of that name. */
export function isCheck(name: string): boolean {
  return checks.some((checker) => checker.name === name);
}

/** @throws RangeError that lists the known names */
export function checkerNamed(name: CheckName): Checker {
  const found = checks.find((checker) => checker.name === name);
  if (found !== undefined) return found;
  const known = checks.map((checker) => checker.name).join(', ');
  throw new RangeError(`there is no check ${JSON.stringify(name)}; there are ${known}`);
}
