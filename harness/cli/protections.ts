import type { Mitigation } from '../../targets/backend/mitigations.ts';
import type { LeakKind } from '../model/finding.ts';

/** What a mitigation guards, in words: a comparison is explained from it, and it is checked against what was seen. */
export interface Protection {
  /** What it does, for a sentence that begins with its name. */
  readonly does: string;
  /** What cannot happen while it is on. */
  readonly stops: readonly LeakKind[];
  /** Why it lets the rest through. */
  readonly because: string;
}

export const protections: Readonly<Record<Mitigation, Protection>> = {
  'verify-owner': {
    does: 'asks the source of truth about what it is about to serve',
    stops: ['list', 'picture', 'live'],
    because:
      'it asks on behalf of whomever the cache says is asking, so a mixed-up session passes, and cameras are told what the cache says',
  },
  'bypass-mapping-cache': {
    does: 'takes sessions, owners and relations from the source of truth',
    stops: ['session', 'owner', 'live'],
    because: 'lists and pictures still come from the cache, and nothing looks at their bytes',
  },
  'seal-values': {
    does: 'lets every cached value name its own key, and refuses it under another',
    stops: ['session', 'list', 'picture', 'live', 'owner'],
    because: 'a shared HTTP cache answers before the cloud is asked',
  },
  'events-off': {
    does: 'closes the Events tab, so there is nothing to show',
    stops: ['list', 'picture', 'shared-cache'],
    because: 'sessions and the owners of cameras still come from the cache',
  },
  'revoke-sessions': {
    does: 'ends all sessions once, when calm begins',
    stops: [],
    because: 'it comes after the herd, and what is cached under a wrong key stays',
  },
};
