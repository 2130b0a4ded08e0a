/** What a picture says of itself. */
export interface Stamp {
  readonly ownerId: string;
  readonly deviceId: string;
  readonly eventId: string;
  readonly version: number;
  readonly kind: 'thumbnail' | 'clip' | 'live';
}

/** What a reader made of returned bytes. The stamps are those found intact at head and tail, if any. */
export type Reading =
  | { readonly state: 'intact'; readonly stamp: Stamp }
  /** Head and tail belong to different pictures: bytes of two owners in one body. */
  | { readonly state: 'blended'; readonly head: Stamp; readonly tail: Stamp }
  /** The head is ours and the end is missing. */
  | { readonly state: 'truncated'; readonly head: Stamp }
  /** A stamp can be read, and the checksum over all bytes is wrong. */
  | { readonly state: 'damaged'; readonly head: Stamp | null; readonly tail: Stamp | null }
  /** No stamp is left, and the code in the picture itself names this one: something on the way has encoded it again. */
  | { readonly state: 'recoded'; readonly stamp: Stamp }
  /** Nothing in it says whose it is. */
  | { readonly state: 'unstamped' };
