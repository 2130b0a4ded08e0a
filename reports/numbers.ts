/** Figures in words, the same in every report: English grouping, a space before a unit, whole numbers where a fraction says nothing. */

const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `48211` becomes `48,211`. */
export function thousands(value: number): string {
  return GROUPED.format(value);
}

/** `1 user`, `2 users`, `0 users`. */
export function counted(value: number, one: string, many: string = `${one}s`): string {
  return `${thousands(value)} ${value === 1 ? one : many}`;
}

/** Milliseconds as seconds with one decimal: `19.2 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** A short time in its own unit: `0.4 ms`, `211 ms`, `2.4 s`. */
export function latency(ms: number): string {
  if (ms >= 1000) return seconds(ms);
  return ms >= 10 ? `${thousands(ms)} ms` : `${ms.toFixed(1)} ms`;
}

/** A share of a whole as per cent: `38.1 %`; one that is not zero never reads as zero, and one that is not all never as all. */
export function percent(ratio: number): string {
  if (ratio === 0) return '0 %';
  if (ratio === 1) return '100 %';
  if (ratio < 0.001) return 'under 0.1 %';
  if (ratio > 0.999) return 'over 99.9 %';
  return `${(ratio * 100).toFixed(1)} %`;
}

/**
 * What "none in n" supports, from `Finding.upperBound95` (a share from 0 to 1): `fewer than 1 in 16,093`.
 * Rounded so that it never claims more than the bound; a bound of a half or more says nothing worth printing.
 */
export function fewerThan(upperBound95: number): string {
  const oneIn = Math.floor(1 / upperBound95);
  return oneIn >= 2 ? `fewer than 1 in ${thousands(oneIn)}` : 'too few to bound';
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
