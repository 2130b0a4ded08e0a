import type { Mitigation } from '../../targets/backend/mitigations.ts';
import type { LeakKind } from '../model/finding.ts';

/** What a mitigation guards, in words: a comparison is explained from it, and it is checked against what was seen. */
export interface Protection {
  /** What it does, for a sentence that begins with its name. */
  readonly does: string;
  /** For each place at which the cloud goes wrong: why it cannot stop that; null where it is there to stop it. */
  readonly passes: Readonly<Record<LeakKind, string | null>>;
}

const answeredBefore = 'a shared HTTP cache answers before the cloud is asked';

export const protections: Readonly<Record<Mitigation, Protection>> = {
  'verify-owner': {
    does: 'asks the source of truth about what it is about to serve',
    passes: {
      'shared-cache': answeredBefore,
      session: 'it asks on behalf of whomever the cache says is asking',
      list: null,
      picture: null,
      live: 'it asks on behalf of whomever the cache says is asking',
      owner: 'cameras are told what the cache says',
    },
  },
  'bypass-mapping-cache': {
    does: 'takes sessions, owners and relations from the source of truth',
    passes: {
      'shared-cache': answeredBefore,
      session: null,
      list: 'lists and pictures still come from the cache, and nothing looks at what is in them',
      picture: 'lists and pictures still come from the cache, and nothing looks at what is in them',
      live: null,
      owner: null,
    },
  },
  'seal-values': {
    does: 'lets every cached value name its own key, and refuses it under another',
    passes: {
      'shared-cache': answeredBefore,
      session: null,
      list: null,
      picture: null,
      live: null,
      owner: null,
    },
  },
  'events-off': {
    does: 'closes the Events tab, so there is nothing to show',
    passes: {
      'shared-cache': null,
      session: null,
      list: null,
      picture: null,
      live: 'live view is no part of the tab',
      owner: 'cameras connect as before, and are told what the cache says',
    },
  },
  'revoke-sessions': {
    does: 'ends all sessions once, when calm begins',
    passes: {
      'shared-cache': 'the shared HTTP cache keeps what it has',
      session: 'it comes after the herd, and a new session is read from the same cache',
      list: 'it is not about what is cached under which key',
      picture: 'it is not about what is cached under which key',
      live: 'it comes after the herd',
      owner: 'it is not about cameras',
    },
  },
};
