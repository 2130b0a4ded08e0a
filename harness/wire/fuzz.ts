import type { Protocol } from './framing.ts';
import { joinedBytes } from './joined-bytes.ts';
import { comparable, type Dialogue, readDialogue } from './stream-reading.ts';
import { bytesOf, latin1 } from './text-words.ts';

/** One thing a client says, and what a server says to that; one character a byte. */
export type Saying = readonly [command: string, reply: string];

/** A whole number from 0 to below the given one. */
export type Draw = (below: number) => number;

export interface FuzzResult {
  readonly bytes: number;
  /** Messages that were found, in both directions. */
  readonly frames: number;
  /** Why a direction could not be read to its end, from where it passes unread; one entry a direction. */
  readonly lost: readonly string[];
}

const sayingsMax = 12;
const mutationsMax = 4;
const splitSizes = 8;

/**
 * Makes a conversation of some sayings, spoils bytes of it, and reads it whole and in pieces of random sizes. Throws an
 * error with the conversation in it when the two readings differ, or a framer throws or breaks its word.
 */
export function fuzzOnce(protocol: Protocol, sayings: readonly Saying[], draw: Draw): FuzzResult {
  const dialogue = spoiltDialogue(sayings, draw);
  const sizes = Array.from(
    { length: 1 + draw(splitSizes) },
    () => 1 + draw(draw(2) === 0 ? 4 : 60),
  );
  try {
    const whole = readDialogue(protocol, dialogue);
    const pieced = readDialogue(protocol, dialogue, sizes);
    if (comparable(whole) !== comparable(pieced)) throw new Error('the frames differ');
    const { commands, replies } = whole;
    const lost = [commands.lost, replies.lost].filter((because) => because !== null);
    const bytes = dialogue.commands.length + dialogue.replies.length;
    return { bytes, frames: commands.frames.length + replies.frames.length, lost };
  } catch (error) {
    const shown = JSON.stringify({ ...texts(dialogue), sizes });
    throw new Error(`${protocol.name}: ${String(error)}; the conversation was ${shown}`, {
      cause: error,
    });
  }
}

function texts({ commands, replies }: Dialogue): { commands: string; replies: string } {
  return { commands: latin1(commands), replies: latin1(replies) };
}

/** Some sayings, one after the other, of which bytes were changed, put in, taken out or doubled. */
export function spoiltDialogue(sayings: readonly Saying[], draw: Draw): Dialogue {
  const chosen = Array.from(
    { length: 1 + draw(sayingsMax) },
    () => sayings[draw(sayings.length)] ?? ['', ''],
  );
  const commands = bytesOf(chosen.map(([command]) => command).join(''));
  const replies = bytesOf(chosen.map(([, reply]) => reply).join(''));
  // Some whole conversations stay as they are, so that reading to the end is tried too.
  return {
    commands: draw(2) === 0 ? commands : spoilt(commands, draw),
    replies: draw(3) === 0 ? replies : spoilt(replies, draw),
  };
}

function spoilt(bytes: Uint8Array, draw: Draw): Uint8Array {
  let spoiling = bytes;
  const mutations = draw(mutationsMax) + 1;
  for (let index = 0; index < mutations; index += 1) {
    const at = draw(spoiling.length + 1);
    const to = Math.min(spoiling.length, at + draw(9));
    const [before, here, after] = [
      spoiling.subarray(0, at),
      spoiling.subarray(at, to),
      spoiling.subarray(to),
    ];
    spoiling = joinedBytes([before, ...changed(here, draw), after]);
  }
  return spoiling;
}

/** Bytes that mean something in one of the protocols. */
const meaningful = bytesOf('\r\n\r\n\0 0123456789-$*+:;.?|>%~_=(#,!\x80\x81OkqHDVAEN');

function changed(here: Uint8Array, draw: Draw): readonly Uint8Array[] {
  const byte = draw(2) === 0 ? draw(256) : (meaningful[draw(meaningful.length)] ?? 0);
  switch (draw(6)) {
    case 0:
      return [Uint8Array.of(byte), here.subarray(1)];
    case 1:
      return [Uint8Array.of(byte), here];
    case 2:
      return [];
    case 3:
      return [here, here];
    case 4:
      return [bytesOf(String(draw(2 ** 31))), here];
    default:
      return [bytesOf('\r\n'), here];
  }
}
