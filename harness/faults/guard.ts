/** The law of this seam: leaving a guard heals, leaving it twice is a no-op, and a guard that fails to heal rejects and says what is left. */
export interface FaultGuard extends AsyncDisposable {
  /** How often the fault acted so far: kills done, connections cut, replies held. */
  bit(): Promise<number>;
}

/** A guard that heals once, however often it is left. */
export function guardOf(
  bit: () => number | Promise<number>,
  heal: () => Promise<void>,
): FaultGuard {
  let healed: Promise<void> | undefined;
  return {
    bit: async () => await bit(),
    [Symbol.asyncDispose]: () => (healed ??= heal()),
  };
}

/** For a fault that the service in use cannot have. */
export function unable(kind: string, says: string, needs: string): Error {
  return new Error(
    `the fault ${kind} needs ${needs}, and the cache is ${says}; choose another one`,
  );
}
