interface HuffmanCode {
  readonly bits: number;
  readonly length: number;
}

/** Codes by symbol, in the order in which JPEG counts them: short ones first. */
export type HuffmanCodes = ReadonlyMap<number, HuffmanCode>;

/** The longest code that JPEG allows. */
const LENGTH_MAX = 16;
/** Takes the code of all ones, which JPEG keeps free (ITU-T T.81, C). */
const RESERVED = 256;

/** The codes with which these symbols take the fewest bits, none longer than 16 bits. */
export function shortestCodes(symbols: readonly number[]): HuffmanCodes {
  const weights = new Map<number, number>([[RESERVED, 0]]);
  for (const symbol of symbols) weights.set(symbol, (weights.get(symbol) ?? 0) + 1);
  const lengths = [...lengthsOf(weights)].sort(
    ([symbol, length], [otherSymbol, otherLength]) => length - otherLength || symbol - otherSymbol,
  );
  const codes = new Map<number, HuffmanCode>();
  let bits = 0;
  let before = 0;
  for (const [symbol, length] of lengths) {
    bits <<= length - before;
    if (symbol !== RESERVED) codes.set(symbol, { bits, length });
    bits += 1;
    before = length;
  }
  return codes;
}

/** The codes as a JPEG lists them: how many there are of each length, then the symbols. */
export function codeList(codes: HuffmanCodes): readonly number[] {
  const counts = Array.from(
    { length: LENGTH_MAX },
    (_, index) => [...codes.values()].filter((code) => code.length === index + 1).length,
  );
  return [...counts, ...codes.keys()];
}

interface Package {
  readonly weight: number;
  readonly symbols: readonly number[];
}

/** Lengths by package-merge (Larmore and Hirschberg, 1990): how often a symbol is in the cheapest packages is how long its code is. */
function lengthsOf(weights: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  const items: readonly Package[] = [...weights].map(([symbol, weight]) => ({
    weight,
    symbols: [symbol],
  }));
  let merged = byWeight(items);
  for (let round = 1; round < LENGTH_MAX; round += 1) {
    merged = byWeight([...items, ...pairsOf(merged)]);
  }
  const lengths = new Map<number, number>();
  for (const { symbols } of merged.slice(0, 2 * (items.length - 1))) {
    for (const symbol of symbols) lengths.set(symbol, (lengths.get(symbol) ?? 0) + 1);
  }
  return lengths;
}

function pairsOf(packages: readonly Package[]): readonly Package[] {
  const pairs: Package[] = [];
  for (let index = 0; index + 1 < packages.length; index += 2) {
    const [one, other] = packages.slice(index, index + 2) as [Package, Package];
    pairs.push({
      weight: one.weight + other.weight,
      symbols: [...one.symbols, ...other.symbols],
    });
  }
  return pairs;
}

/** Among equals the one that holds the most symbols comes last, and sorting is stable: always the same codes. */
function byWeight(packages: readonly Package[]): readonly Package[] {
  return [...packages].sort(
    (one, other) => one.weight - other.weight || one.symbols.length - other.symbols.length,
  );
}
