import type { RecordReader } from '../record/reader.ts';
import type { Leak } from './leaks.ts';

/** When a stranger's picture first stood on each tile: a tap on it counts from then on, whatever it was answered. */
export interface Tiles {
  /** Remembers a leak that stood on a tile; others are no matter. */
  add(leak: Leak): void;
  /** The tiles that were tapped, canaries left out. One that was tapped more often comes more often. */
  tapped(record: RecordReader): Generator<Tile>;
}

export interface Tile {
  readonly viewerId: string;
  /** The event that belonged there. */
  readonly eventId: string;
}

export function tilesOf(): Tiles {
  const since = new Map<string, number>();
  return {
    add: ({ row: { surface, viewerId, askedEventId, shownNs } }) => {
      if (surface !== 'thumbnail' || askedEventId === null) return;
      const tile = tileKey({ viewerId, eventId: askedEventId });
      since.set(tile, Math.min(shownNs, since.get(tile) ?? shownNs));
    },
    tapped: function* (record) {
      if (since.size === 0) return;
      const taps = record.rows('op', ['actorId', 'askedEventId', 'intendedNs'], {
        kind: 'enlarge',
        canary: false,
        credential: 'session',
      });
      for (const { actorId, askedEventId, intendedNs } of taps) {
        const tile = { viewerId: actorId, eventId: askedEventId ?? '' };
        const shownNs = since.get(tileKey(tile));
        if (shownNs !== undefined && shownNs <= intendedNs) yield tile;
      }
    },
  };
}

/** A tile as one word. */
export function tileKey({ viewerId, eventId }: Tile): string {
  return JSON.stringify([viewerId, eventId]);
}
