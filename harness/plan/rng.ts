import type { Rng } from '../model/world.ts';

/**
 * A seeded source of choices: sfc32, seeded through splitmix32.
 * Source: C. Doty-Humphrey's Small Fast Counting generator, as published with PractRand.
 *
 * @param seed a safe integer; other numbers throw RangeError
 */
export function seededRng(seed: number): Rng {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is a whole number, got ${seed}`);
  return rngFrom(hashText(`seed ${seed}`));
}

function rngFrom(state: number): Rng {
  const next = sfc32(state);
  const unit = (): number => next() / 4_294_967_296;
  return {
    unit,
    chance: (ratio) => unit() < ratio,
    integer: (minInclusive, maxInclusive) => {
      if (
        !Number.isSafeInteger(minInclusive) ||
        !Number.isSafeInteger(maxInclusive) ||
        maxInclusive < minInclusive
      ) {
        throw new RangeError(`no whole number from ${minInclusive} to ${maxInclusive}`);
      }
      return minInclusive + Math.floor(unit() * (maxInclusive - minInclusive + 1));
    },
    fork: (label) => rngFrom(hashText(`${state} ${label}`)),
  };
}

/** FNV-1a over UTF-16 code units, finished with murmur3's mixer so that near labels give far seeds. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function sfc32(seed: number): () => number {
  let mixer = seed | 0;
  const splitmix = (): number => {
    mixer = (mixer + 0x9e3779b9) | 0;
    let word = Math.imul(mixer ^ (mixer >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let counter = 1;
  const next = (): number => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let round = 0; round < 12; round += 1) next();
  return next;
}
