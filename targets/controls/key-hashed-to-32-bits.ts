import { type Control, defineControl } from './define-control.ts';
import { renamedKeys } from './renamed-keys.ts';
import { openRespClient } from './resp-client.ts';

/** Of the 32 bits of the hash this many are kept: with 32, collisions need tens of thousands of keys, and a short run has a hundred. */
const bitsKept = 6;

/** A hash is no name: two keys with the same one share a value. With 32 bits, 77,000 keys collide with even odds. */
const keyHashedTo32Bits: Control = defineControl({
  name: 'key-hashed-to-32-bits',
  bug: 'the last part of a key is replaced by a short hash (FNV-1a, of which 6 bits are kept so that a short run collides), and values of keys with one hash are one',
  caughtBy: ['own-data-only', 'stored'],
  hop: 'library-write',
  trigger: { says: 'nothing but a hundred keys' },
  open: async (options) =>
    renamedKeys(await openRespClient(options), (key) =>
      key.replace(/:([^:]+)/, (_whole, id: string) => `:${hashOf(id)}`),
    ),
});
export default keyHashedTo32Bits;

/** FNV-1a with 32 bits, folded. Source: draft-eastlake-fnv, section 2. */
function hashOf(text: string): string {
  let hash = 0x81_1c_9d_c5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01_00_01_93) >>> 0;
  const mixed = hash ^ (hash >>> 16);
  return String(mixed & (2 ** bitsKept - 1));
}
