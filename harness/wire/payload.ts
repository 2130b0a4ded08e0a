import type { See } from './part-framer.ts';

/** A reply frame while it is being read. */
export interface GrowingReply {
  type: string | null;
  answers: boolean;
  skips: number;
  payload: Uint8Array[] | null;
}

export function newReply(): GrowingReply {
  return { type: null, answers: true, skips: 0, payload: null };
}

/** @returns what gathers the pieces of a payload in the frame, and lets go of them all when they are more than `bytesMax` */
export function payloadOf(frame: GrowingReply, bytesMax: number): See {
  let bytes = 0;
  return (piece) => {
    bytes += piece.length;
    if (bytes > bytesMax) frame.payload = null;
    else (frame.payload ??= []).push(piece);
  };
}
