import { type Control, defineControl } from './define-control.ts';
import { renamedKeys } from './renamed-keys.ts';
import { openRespClient } from './resp-client.ts';

const keyBytesMax = 250;

/** So long that a key's last letters, which tell two people or events apart, are beyond the limit. */
const longPrefix = 'tenant-of-a-long-name:'.padStart(228, 'n');

/** A key that is longer than memcached's limit of 250 bytes is an error; a client that cuts it makes two keys one. */
const keyTruncatedAt250Bytes: Control = defineControl({
  name: 'key-truncated-at-250-bytes',
  bug: 'keys longer than 250 bytes are cut there instead of being refused, so that long keys which differ at their end are one',
  caughtBy: ['own-data-only'],
  hop: 'library-write',
  trigger: { says: 'nothing but keys behind a prefix of 228 letters', keyPrefix: longPrefix },
  open: async (options) =>
    renamedKeys(await openRespClient(options), (key) =>
      Buffer.from(key).subarray(0, keyBytesMax).toString(),
    ),
});
export default keyTruncatedAt250Bytes;
