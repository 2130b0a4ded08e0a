/** Moments at equal distances, in milliseconds from the start of a phase; `untilMs` is not one of them. */
export interface Spacing {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly everyMs: number;
}

export function moments({ fromMs, untilMs, everyMs }: Spacing): readonly number[] {
  const count = Math.max(0, Math.ceil((untilMs - fromMs) / everyMs));
  return Array.from({ length: count }, (_, index) => fromMs + index * everyMs);
}
