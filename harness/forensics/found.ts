import type { Hop } from '../model/attribution.ts';
import type { RowReference } from '../model/finding.ts';
import type { CacheCallRow, WireRow } from '../model/rows.ts';

/** Who did it, and why that is known. */
export interface Found {
  readonly hop: Hop;
  /** Sentences in their order. */
  readonly steps: readonly string[];
  readonly evidence: readonly RowReference[];
  /** A call that was handed a reply which was not its own, where it was like that. */
  readonly astray?: Astray;
}

export interface Astray {
  readonly call: CacheCallRow;
  /** The reply that the call was handed. */
  readonly handed: WireRow;
  /** What the wire did with the call's own command; null where it never came to the wire. */
  readonly own: WireRow | null;
}

/** The same, told after other sentences. */
export function after(
  steps: readonly string[],
  found: Found,
  ...evidence: readonly RowReference[]
): Found {
  return {
    ...found,
    steps: [...steps, ...found.steps],
    evidence: [...evidence, ...found.evidence],
  };
}

export function found(
  hop: Hop,
  steps: readonly string[],
  ...evidence: readonly RowReference[]
): Found {
  return { hop, steps, evidence };
}
