import { type Control, defineControl } from './define-control.ts';
import { renamedKeys } from './renamed-keys.ts';
import { openRespClient } from './resp-client.ts';

const keyBytesMax = 250;

/** So long that the limit lies within the number of a camera: `device:device-00001` is all that is left of the owners of ten. */
const longPrefix = 'tenant-of-a-long-name:'.padStart(231, 'n');

/** A key that is longer than memcached's limit of 250 bytes is an error; a client that cuts it makes two keys one. */
const keyTruncatedAt250Bytes: Control = defineControl({
  name: 'key-truncated-at-250-bytes',
  bug: 'keys longer than 250 bytes are cut there instead of being refused, so that long keys which differ at their end are one',
  caughtBy: ['mapping', 'stored'],
  hop: 'library-write',
  trigger: { says: 'nothing but keys behind a prefix of 231 letters', keyPrefix: longPrefix },
  open: async (options) =>
    renamedKeys(await openRespClient(options), (key) =>
      Buffer.from(key).subarray(0, keyBytesMax).toString(),
    ),
});
export default keyTruncatedAt250Bytes;
