import type { Stamp } from '../model/stamp.ts';
import type { Check } from '../thumbnail/mark.ts';
import { tagOf } from '../thumbnail/picture-code.ts';

/** Whose the tags are that pictures carry in their codes. */
export interface TagBook {
  /** Remembers an event, whose thumbnail and clip have a tag each, or a live view. */
  note(event: Omit<Stamp, 'kind'>, kinds?: readonly Stamp['kind'][]): void;
  /** The stamp with that tag; null when no event has it, and when two have: 48 bits are not enough to be sure of that never. */
  named(tag: number): Stamp | null;
}

/** Tags are worked out when first one is asked for: most runs never do. */
export function tagBook(check: Check): TagBook {
  let unread: Stamp[] = [];
  const stamps = new Map<number, Stamp | null>();
  const add = (stamp: Stamp): void => {
    const tag = tagOf(stamp, check);
    stamps.set(tag, stamps.has(tag) ? null : stamp);
  };
  return {
    note: (event, kinds = ['thumbnail', 'clip']) => {
      for (const kind of kinds) unread.push({ ...event, kind });
    },
    named: (tag) => {
      for (const stamp of unread) add(stamp);
      unread = [];
      return stamps.get(tag) ?? null;
    },
  };
}
