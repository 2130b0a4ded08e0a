import type { WireRule } from '../model/fault.ts';
import { moments, type Spacing } from './spacing.ts';
import type { PlannedFault } from './timeline.ts';

/** One rule on the wire, for the rest of the phase from `atMs` on. */
export function onWire(faultId: string, rule: WireRule, atMs = 0): PlannedFault {
  return { faultId, atMs, fault: { kind: 'wire', rule } };
}

/** One rule every so often; each is installed at its moment and stays until the phase ends. */
export function onWireRepeatedly(
  name: string,
  spacing: Spacing,
  ruleOf: (index: number) => WireRule,
): readonly PlannedFault[] {
  return moments(spacing).map((atMs, index) => onWire(`${name}-${index + 1}`, ruleOf(index), atMs));
}
