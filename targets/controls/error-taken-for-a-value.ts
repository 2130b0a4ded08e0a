import type { CacheClient } from '../../harness/model/target.ts';
import { type Control, defineControl } from './define-control.ts';
import { openRespClient } from './resp-client.ts';

const refreshedForMs = 600_000;

/**
 * 1. The cache answers a read with an error.  2. The error's text is taken for the value, and written back to keep it fresh.
 * 3. When the cache is well again, everybody who asks is given the text.
 */
const errorTakenForAValue: Control = defineControl({
  name: 'error-taken-for-a-value',
  bug: 'the text of an error reply is taken for a value, and stored by the client as it stores every value that it has read',
  caughtBy: ['served', 'stored'],
  hop: 'library-write',
  trigger: {
    says: 'the cache answers a few reads with LOADING',
    rules: [
      {
        type: 'error-reply',
        error: 'LOADING',
        selector: { commands: ['GET'], keyPrefix: 'session:' },
        timesMax: 10,
      },
    ],
  },
  open: async (options) => keptFresh(await openRespClient(options)),
});
export default errorTakenForAValue;

/** What was read is written again, so that what people look at does not expire. */
function keptFresh(client: CacheClient): CacheClient {
  return {
    ...client,
    get: async (key, options) => {
      const value = await client.get(key, options).catch((error: unknown) => {
        if (!(error instanceof Error) || !error.message.startsWith('LOADING')) throw error;
        return Buffer.from(error.message);
      });
      if (value !== undefined) await client.set(key, value, refreshedForMs);
      return value;
    },
  };
}
