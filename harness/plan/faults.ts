import type { ReplySelector } from '../model/fault.ts';
import type { Rng } from '../model/world.ts';
import type { PlannedFault } from './timeline.ts';

/** SIGKILL of a backing service for the whole phase; it comes back empty when the phase ends. */
export function kill(service: 'cache'): PlannedFault {
  return { faultId: `kill-${service}`, fault: { kind: 'kill', service } };
}

export interface CutSpacing {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly everyMs: number;
}

/**
 * One cut every so often, each after a drawn number of values of a page that has more: the classic way to leave a client
 * with a reply queue that is off by some. FIN and RST take turns by lot.
 */
export function cutBetweenReplies(rng: Rng, spacing: CutSpacing): readonly PlannedFault[] {
  return moments(spacing).map((atMs, index) => {
    const lots = rng.fork(`between ${index}`);
    return {
      faultId: `cut-between-${index + 1}`,
      atMs,
      fault: {
        kind: 'wire',
        rule: {
          type: 'cut-between-values',
          values: lots.integer(2, 3),
          how: lots.chance(0.5) ? 'fin' : 'rst',
          selector: pageOfThumbnails,
          timesMax: 1,
        },
      },
    };
  });
}

/** One cut every so often inside the bytes of a picture on its way from the cache. */
export function cutInsideReplies(rng: Rng, spacing: CutSpacing): readonly PlannedFault[] {
  return moments(spacing).map((atMs, index) => {
    const lots = rng.fork(`inside ${index}`);
    return {
      faultId: `cut-inside-${index + 1}`,
      atMs,
      fault: {
        kind: 'wire',
        rule: {
          type: 'cut-in-reply',
          byte: lots.integer(1, 4_000),
          how: lots.chance(0.5) ? 'fin' : 'rst',
          selector: pageOfThumbnails,
          timesMax: 1,
        },
      },
    };
  });
}

/** A page of the Events tab asks for its thumbnails in one pipeline, of four or more with four cameras a home; single ones come alone. */
const pageOfThumbnails: ReplySelector = { kind: 'read', keyPrefix: 'thumb:' };

function moments({ fromMs, untilMs, everyMs }: CutSpacing): readonly number[] {
  const count = Math.max(0, Math.floor((untilMs - fromMs) / everyMs));
  return Array.from({ length: count }, (_, index) => fromMs + index * everyMs);
}
