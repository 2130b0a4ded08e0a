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

/** More often than anything happens in a run: such a rule is meant for every reply, or every connection. */
const always = 1_000_000;

/** A far network: every reply `delayMs` later, give or take `jitterMs`. */
export function delayedBytes(
  faultId: string,
  lateness: { readonly delayMs: number; readonly jitterMs: number },
): PlannedFault {
  return onWire(faultId, { type: 'delay-bytes', ...lateness, selector: {}, timesMax: always });
}

/** Nobody hears until `delayMs` later that the server has ended a connection, and asks on it meanwhile. */
export function delayedCloses(faultId: string, delayMs: number): PlannedFault {
  return onWire(faultId, { type: 'delay-close', delayMs, timesMax: always });
}

/** A network that loses everything on its way back; a connection ends after `closeAfterMs` of silence, with null when the phase does. */
export function droppedBytes(faultId: string, closeAfterMs: number | null): PlannedFault {
  return onWire(faultId, { type: 'drop-bytes', closeAfterMs, timesMax: always });
}

/** Every connection is reset `afterMs` after it is answered next. */
export function resetOnBytes(faultId: string, afterMs: number): PlannedFault {
  return onWire(faultId, { type: 'reset-on-bytes', afterMs, selector: {}, timesMax: always });
}

/** Every reply in pieces of `bytes`, give or take `variationBytes`, `gapMs` apart. */
export function slicedBytes(
  faultId: string,
  slices: { readonly bytes: number; readonly variationBytes: number; readonly gapMs: number },
): PlannedFault {
  return onWire(faultId, { type: 'slice-bytes', ...slices, selector: {}, timesMax: always });
}

/** Every connection ends once it has got so many bytes. */
export function limitedBytes(faultId: string, bytes: number): PlannedFault {
  return onWire(faultId, { type: 'limit-bytes', bytes, timesMax: always });
}
