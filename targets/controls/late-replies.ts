import type { WireRule } from '../../harness/model/fault.ts';
import type { Trigger } from './define-control.ts';

/** Pictures that come late, one of each so many that are asked for: later than some of those who asked are ready to wait. */
export function latePictures({ forMs }: { readonly forMs: number }): readonly WireRule[] {
  return [3, 25, 50, 75].map((nth) => ({
    type: 'hold-reply',
    forMs,
    selector: { commands: ['GET'], keyPrefix: 'thumb:', nth },
    timesMax: 1,
  }));
}

/** Replies that come when the client has stopped waiting for them. */
export const repliesTooLate: Trigger = {
  says: 'the replies to a few pages come 300 ms late, and the client waits for 200 ms',
  rules: latePictures({ forMs: 300 }),
  timeoutMs: 200,
};
