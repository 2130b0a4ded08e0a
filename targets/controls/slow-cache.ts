import type { Trigger } from './define-control.ts';

/** The cache answers slowly, so that what is asked in one moment is under way at the same time. */
export const slowRelations: Trigger = {
  says: 'load on a slow cache: lists and relations come 40 ms late, so that reads overlap',
  rules: [
    {
      type: 'hold-reply',
      forMs: 40,
      selector: { commands: ['GET'], keyPrefix: 'user:' },
      timesMax: 40,
    },
  ],
};
