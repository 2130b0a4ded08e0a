import { AskedQueue } from './asked-queue.ts';
import type { Conversation, Protocol } from './framing.ts';
import {
  type BinaryReply,
  beginBinaryCommand,
  beginBinaryReply,
  requestMagic,
  responseMagic,
} from './memcached-binary.ts';
import { beginTextCommand } from './memcached-commands.ts';
import type { TextReply } from './memcached-fit.ts';
import { beginTextReply } from './memcached-replies.ts';
import { PartFramer } from './part-framer.ts';

export interface MemcachedLimits {
  /** Bytes of one line, such as a get of many keys. */
  readonly lineBytesMax: number;
  /** What is kept of a command's name and key. */
  readonly keyBytesMax: number;
  /** Quiet commands in a row of which it is not known whether they get a reply. */
  readonly quietMax: number;
  /** A reply with more payload than this is framed as ever, and its payload is not kept, so it gets no digest. */
  readonly payloadBytesMax: number;
}

/** Sizes that no sensible stream meets; one that does is passed on unread. */
const memcachedLimits: MemcachedLimits = {
  lineBytesMax: 1_048_576,
  keyBytesMax: 1_024,
  quietMax: 16_384,
  payloadBytesMax: 67_108_864,
};

/** memcached's text, meta and binary protocols. Which one it is the first byte of a connection says, as for a server. */
export function memcached(limits: Partial<MemcachedLimits> = {}): Protocol {
  const chosen: MemcachedLimits = { ...memcachedLimits, ...limits };
  return { name: 'memcached', converse: () => converse(chosen) };
}

function converse(limits: MemcachedLimits): Conversation {
  const { lineBytesMax } = limits;
  const text = { ...limits, asked: new AskedQueue<TextReply>(limits.quietMax) };
  const binary = { ...limits, asked: new AskedQueue<BinaryReply>(limits.quietMax) };
  let form: 'text' | 'binary' | null = null;
  return {
    commands: new PartFramer({
      lineBytesMax,
      begin: (firstByte) => {
        form ??= firstByte === requestMagic ? 'binary' : 'text';
        return form === 'binary' ? beginBinaryCommand(binary) : beginTextCommand(text);
      },
    }),
    replies: new PartFramer({
      lineBytesMax,
      // A server can speak first, to say that it has no room for another client.
      begin: (firstByte) => {
        const isBinary = form === null ? firstByte === responseMagic : form === 'binary';
        return isBinary ? beginBinaryReply(binary) : beginTextReply(text);
      },
    }),
  };
}
