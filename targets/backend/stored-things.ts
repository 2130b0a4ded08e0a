import type { CachedThings } from './cached.ts';
import type { Kept } from './read-through.ts';
import type { Named, SourceOfTruth } from './source-of-truth.ts';

/** One thing in the source of truth, as the cache would hold it. */
export interface StoredThing {
  readonly key: string;
  readonly value: Uint8Array;
}

/** Where the next page begins. */
export interface StoredCursor {
  readonly kind: Named;
  /** The last name that was read; empty at the beginning. */
  readonly after: string;
}

export interface StoredPage {
  readonly things: readonly StoredThing[];
  /** Null behind the last page. */
  readonly next: StoredCursor | null;
}

const kinds: readonly Named[] = ['session', 'device', 'user', 'event'];

/** Names of one page: an event has two pictures of 40 KB at most. */
const namesPerPage = 100;

/** All that the source of truth holds of what is read through the cache, page by page; whatever changes between two pages may be missed. */
export function storedPage(
  truth: SourceOfTruth,
  things: CachedThings,
  { kind, after }: StoredCursor = { kind: 'session', after: '' },
): StoredPage {
  const names = truth.names(kind, { after, countMax: namesPerPage });
  const found = names
    .flatMap((name) => keptOf(things, kind, name))
    .flatMap(({ key, bytes }) => {
      const value = bytes();
      return value === undefined ? [] : [{ key, value }];
    });
  const last = names.at(-1);
  if (last !== undefined && names.length === namesPerPage)
    return { things: found, next: { kind, after: last } };
  const following = kinds[kinds.indexOf(kind) + 1];
  return { things: found, next: following === undefined ? null : { kind: following, after: '' } };
}

function keptOf(things: CachedThings, kind: Named, name: string): readonly Kept[] {
  switch (kind) {
    case 'session':
      return [things.session(name)];
    case 'device':
      return [things.owner(name)];
    case 'user':
      return [things.devices(name), things.events(name)];
    case 'event':
      return [things.event(name), things.picture('thumbnail', name), things.picture('clip', name)];
    default:
      return kind satisfies never;
  }
}
