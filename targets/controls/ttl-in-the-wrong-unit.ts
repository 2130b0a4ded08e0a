import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

/** A time in milliseconds is divided by a thousand for `EX`, which counts seconds, and sent with `PX`, which counts milliseconds. */
const ttlInTheWrongUnit: Control = defineControl({
  name: 'ttl-in-the-wrong-unit',
  bug: 'the time to live is turned into seconds and sent as milliseconds, so that nothing stays in the cache',
  caughtBy: ['origin-load'],
  hop: 'library-write',
  trigger: {
    says: 'nothing but people who look again; the cloud wants values to be kept for a minute',
    cacheTtlMs: 60_000,
    busyCalm: true,
  },
  open: async (options) => {
    const client = await openRespClient(options);
    return {
      ...client,
      set: async (key, value, ttlMs) => client.set(key, value, Math.ceil(ttlMs / 1_000)),
    };
  },
});
export default ttlInTheWrongUnit;
