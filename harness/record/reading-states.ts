import type { Reading } from '../model/stamp.ts';

/** What can be read from the bytes of a picture, and what each word means. */
export const readingStates: { readonly [State in Reading['state']]: string } = {
  intact: 'one picture, and its checksum is right',
  blended: 'head and tail belong to different pictures',
  truncated: 'the end is missing',
  damaged: 'a stamp can be read, and the checksum is wrong',
  recoded:
    'encoded again on the way: no stamp is left, and the code in the picture itself names it',
  unstamped: 'nothing in it says whose it is',
};
