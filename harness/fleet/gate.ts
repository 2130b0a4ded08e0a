/** Somebody who waits to be let in. */
export interface Guest {
  /** False when it does not want to come in any more. Whoever came in calls `leave` exactly once later. */
  admit(): boolean;
}

/** So many at once, the others in the order in which they came. */
export interface Gate {
  enter(guest: Guest): void;
  leave(): void;
}

export function gate(insideMax: number): Gate {
  let inside = 0;
  let queue: Guest[] = [];
  let next = 0;
  return {
    enter: (guest) => {
      if (inside >= insideMax) {
        queue.push(guest);
        return;
      }
      inside += 1;
      if (!guest.admit()) inside -= 1;
    },
    leave: () => {
      inside -= 1;
      while (inside < insideMax && next < queue.length) {
        const guest = queue[next];
        next += 1;
        inside += 1;
        if (guest?.admit() !== true) inside -= 1;
      }
      // Taking from the front of a long array would move all the others, so it is emptied at once when all are in.
      if (next < queue.length) return;
      queue = [];
      next = 0;
    },
  };
}
