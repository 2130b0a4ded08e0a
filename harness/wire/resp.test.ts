import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommandFrame, Framer, ReplyFrame } from './framing.ts';
import { type RespLimits, resp } from './resp.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const textOf = (pieces: readonly Uint8Array[]): string => Buffer.concat(pieces).toString('latin1');

/** What a framer made of a stream, in words that do not depend on where the chunks were cut. */
interface Read<Frame> {
  readonly frames: readonly { readonly frame: Frame; readonly bytes: number }[];
  readonly unread: string;
  readonly lost: string | null;
  readonly tiled: string;
  readonly atBoundary: boolean;
}

function read<Frame>(framer: Framer<Frame>, chunks: readonly Uint8Array[]): Read<Frame> {
  const frames: { frame: Frame; bytes: number }[] = [];
  const unread: Uint8Array[] = [];
  const tiles: Uint8Array[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    let at = 0;
    for (const span of framer.push(chunk)) {
      expect(span.from).toBe(at);
      expect(span.to).toBeGreaterThan(span.from);
      at = span.to;
      const tile = chunk.subarray(span.from, span.to);
      tiles.push(tile);
      bytes += tile.length;
      if (span.frame === null) unread.push(tile);
      if (span.frame !== null && span.last) {
        frames.push({ frame: span.frame, bytes });
        bytes = 0;
      }
    }
    expect(at).toBe(chunk.length);
  }
  const { lost, atBoundary } = framer;
  return { frames, unread: textOf(unread), lost, tiled: textOf(tiles), atBoundary };
}

const replies = (text: string, limits: Partial<RespLimits> = {}): Read<ReplyFrame> =>
  read(resp(limits).converse().replies, [latin1(text)]);
const commands = (text: string, limits: Partial<RespLimits> = {}): Read<CommandFrame> =>
  read(resp(limits).converse().commands, [latin1(text)]);

const payloads = (text: string): (string | null)[] =>
  replies(text).frames.map(({ frame }) => (frame.payload === null ? null : textOf(frame.payload)));

/** Cuts bytes into pieces of the given sizes, and again from the first size when they are used up. */
function split(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const everyReplyType = [
  '+OK\r\n',
  '-ERR no\r\n',
  ':-12\r\n',
  '$5\r\na\r\nbc\r\n',
  '$0\r\n\r\n',
  '$-1\r\n',
  '*-1\r\n',

  '*0\r\n',
  '*2\r\n:1\r\n*1\r\n$1\r\nx\r\n',
  '_\r\n',
  '#t\r\n',
  ',3.25\r\n',
  ',inf\r\n',
  '(3492890328409238509324850943850943825024385\r\n',
  '!5\r\nERR x\r\n',
  '=7\r\ntxt:abc\r\n',
  '%2\r\n+a\r\n:1\r\n+b\r\n*0\r\n',
  '~2\r\n+x\r\n+y\r\n',
  '>2\r\n+invalidate\r\n*1\r\n+k\r\n',
  '|1\r\n+ttl\r\n:5\r\n$2\r\nhi\r\n',
  '*2\r\n:1\r\n|1\r\n+k\r\n+v\r\n:2\r\n',
  '|0\r\n+x\r\n',

  '$?\r\n;4\r\nWord\r\n;1\r\n!\r\n;0\r\n',
  '*?\r\n:1\r\n*?\r\n.\r\n.\r\n',
  '%?\r\n+a\r\n:1\r\n.\r\n',

  '~?\r\n.\r\n',
  '*1\r\n$?\r\n;1\r\nx\r\n;0\r\n',
];
const everyCommandForm = [
  '*1\r\n$4\r\nPING\r\n',
  '*2\r\n$3\r\nget\r\n$3\r\nk:1\r\n',
  '*0\r\n',
  '*-1\r\n',
  '\r\n',
  'PING\r\n',

  'set key "value"\n',
  '*3\r\n$3\r\nSET\r\n$2\r\nk2\r\n$6\r\n\r\n$3\r\n\r\n',
  '*2\r\n$3\r\nGET\r\n$0\r\n\r\n',

  '*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$3\r\nOFF\r\n',
  `*2\r\n$3\r\nGET\r\n$90\r\n${'k'.repeat(90)}\r\n`,
];

describe('replies', () => {
  test.each(everyReplyType)('%j is one frame', (text) => {
    const { frames, lost, atBoundary } = replies(text);
    expect(frames.map(({ bytes }) => bytes)).toEqual([text.length]);
    expect({ lost, atBoundary }).toEqual({ lost: null, atBoundary: true });
  });

  test('the type is that of the value, not of the attributes before it', () => {
    const types = replies('|1\r\n+ttl\r\n:5\r\n$2\r\nhi\r\n%1\r\n+a\r\n+b\r\n').frames;
    expect(types.map(({ frame }) => frame.type)).toEqual(['$', '%']);
  });

  test('a push answers no command, and one behind attributes neither', () => {
    const { frames } = replies('>1\r\n+x\r\n+OK\r\n|1\r\n+a\r\n+b\r\n>1\r\n+x\r\n');
    expect(frames.map(({ frame }) => frame.answers)).toEqual([false, true, false]);
  });

  test('the payload of a string is its bytes alone, and a null has none', () => {
    const text =
      '$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n+OK\r\n!5\r\nERR x\r\n_\r\n*2\r\n:1\r\n+x\r\n*0\r\n';
    expect(payloads(text)).toEqual(['a\r\nbc', '', null, 'OK', 'ERR x', null, ':1\r\n+x\r\n', '']);
  });

  test('the payload of a string behind attributes is still its bytes alone', () => {
    expect(payloads('|1\r\n+ttl\r\n$1\r\n5\r\n$2\r\nhi\r\n')).toEqual(['hi']);
  });

  test('the payload of a streamed string is its parts put together', () => {
    expect(payloads('$?\r\n;4\r\nWord\r\n;1\r\n!\r\n;0\r\n')).toEqual(['Word!']);
  });

  test('a payload longer than payloadBytesMax is not kept, and the frame is found all the same', () => {
    const { frames } = replies('$5\r\nabcde\r\n$2\r\nab\r\n', { payloadBytesMax: 4 });
    expect(frames.map(({ frame }) => frame.payload?.length ?? null)).toEqual([null, 1]);
    expect(frames.map(({ bytes }) => bytes)).toEqual([11, 8]);
  });

  test('a payload is not copied', () => {
    const chunk = latin1('$5\r\nabcde\r\n');
    const [span] = resp().converse().replies.push(chunk);
    expect(span?.frame?.payload?.[0]?.buffer).toBe(chunk.buffer);
  });

  test.each([
    ['?', 'no reply begins with byte 63'],
    ['$5\r\nabcdefg', 'a string was longer than it announced'],
    ['$-2\r\n', '$ cannot announce -2'],
    ['!-1\r\n', '! cannot announce -1'],
    ['$x\r\n', 'byte 120 stands in the length after $'],
    ['$\r\n', 'byte 13 stands in the length after $'],
    ['+OK\rx', 'a carriage return was not followed by a line feed'],
    ['*1\r\n>0\r\n', 'no reply begins with byte 62'],
    [';1\r\nx\r\n', 'byte 59 stands where a part of a streamed string would or cannot'],
    ['$?\r\n+x\r\n', 'byte 43 stands where a part of a streamed string would or cannot'],
    ['.\r\n', 'no reply begins with byte 46'],
    ['_x\r\n', '_ stands with text behind it'],
    ['*1\r\n'.repeat(5), 'a reply is nested deeper than depthMax, 4'],
    ['+12345678901', 'a line is longer than lineBytesMax, 10'],
    ['$101\r\n', '101 bytes are more than bulkBytesMax, 100'],
    ['$9999999999999999\r\n', 'byte 57 stands in the length after $'],
  ])('%j cannot be read: %s', (text, because) => {
    const limits = { depthMax: 4, lineBytesMax: 10, bulkBytesMax: 100 };
    const { frames, lost, tiled } = replies(`+ok\r\n${text}+more\r\n`, limits);
    expect(lost).toBe(because);
    expect(frames).toHaveLength(1);
    expect(tiled).toBe(`+ok\r\n${text}+more\r\n`);
  });

  test('what follows bytes that cannot be read has no frame any more', () => {
    const framer = resp().converse().replies;
    framer.push(latin1('?'));
    expect(framer.push(latin1('+OK\r\n'))).toEqual([{ frame: null, from: 0, to: 5, last: false }]);
  });

  test('a big reply in many chunks is read in linear time', () => {
    const framer = resp().converse().replies;
    const chunk = new Uint8Array(1_024);
    framer.push(latin1(`$${1_024 * 100_000}\r\n`));
    let spans = 0;
    // A hundred megabytes in a hundred thousand chunks: quadratic work would take hours.
    for (let index = 0; index < 100_000; index += 1) spans += framer.push(chunk).length;
    expect(spans).toBe(100_000);
    const [last] = framer.push(latin1('\r\n'));
    expect(last?.last).toBe(true);
  });

  test('a million values nested side by side are one frame', () => {
    const { frames } = replies(`*1000000\r\n${':1\r\n'.repeat(1_000_000)}`);
    expect(frames.map(({ bytes }) => bytes)).toEqual([4_000_010]);
  });
});

describe('commands', () => {
  test.each([
    ['*2\r\n$3\r\nget\r\n$3\r\nk:1\r\n', 'GET', 'k:1', 'reply'],
    ['*1\r\n$4\r\nPING\r\n', 'PING', null, 'reply'],
    ['PING\r\n', 'PING', null, 'reply'],
    ['get "quoted"\r\n', 'GET', 'quoted', 'reply'],
    ['*0\r\n', '', null, 'nothing'],
    ['*-1\r\n', '', null, 'nothing'],
    ['  \r\n', '', null, 'nothing'],
    ['*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n', 'SUBSCRIBE', null, 'reply'],
    ['*3\r\n$6\r\nclient\r\n$5\r\nreply\r\n$3\r\noff\r\n', 'CLIENT', null, 'silence'],
    ['*1\r\n$4\r\nSYNC\r\n', 'SYNC', null, 'stream'],
    ['*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$2\r\nON\r\n', 'CLIENT', null, 'reply'],
    ['*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$3\r\nOFF\r\n', 'CLIENT', null, 'reply'],
    ['*4\r\n$4\r\nEVAL\r\n$1\r\nx\r\n$1\r\n1\r\n$2\r\nk1\r\n', 'EVAL', 'k1', 'reply'],
    ['*2\r\n$3\r\nGET\r\n$4\r\n\xc3\xa4\xc3\xb6\r\n', 'GET', 'äö', 'reply'],
  ])('%j is %s of %s and expects %s', (text, command, key, expects) => {
    const { frames, lost } = commands(text);
    expect(lost).toBeNull();
    expect(frames).toEqual([{ frame: { command, key, expects }, bytes: text.length }]);
  });

  test.each([
    ['*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nva\r\nl\r\n', 'va\r\nl'],
    ['*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n', ''],
    ['*6\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nv\r\n$3\r\nGET\r\n$2\r\nEX\r\n$1\r\n9\r\n', 'v'],
    ['*4\r\n$5\r\nSETEX\r\n$1\r\nk\r\n$2\r\n60\r\n$1\r\nv\r\n', 'v'],
    ['*4\r\n$6\r\nPSETEX\r\n$1\r\nk\r\n$2\r\n60\r\n$1\r\nv\r\n', 'v'],
    ['*3\r\n$6\r\nGETSET\r\n$1\r\nk\r\n$1\r\nv\r\n', 'v'],
    ['*5\r\n$4\r\nMSET\r\n$1\r\nk\r\n$1\r\nv\r\n$1\r\nl\r\n$1\r\nw\r\n', 'v'],
    ['set key "value"\r\n', 'value'],
    ['set key "\\xff"\r\n', null],
    ['*3\r\n$6\r\nAPPEND\r\n$1\r\nk\r\n$1\r\nv\r\n', null],
    ['*2\r\n$3\r\nGET\r\n$1\r\nk\r\n', null],
    ['*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$7\r\ntoolong\r\n', null],
  ])('%j stores the value %j, wherever it is cut', (text, value) => {
    for (let size = 1; size <= text.length; size += 1) {
      const framer = resp({ valueBytesMax: 6 }).converse().commands;
      const { frames } = read(framer, split(latin1(text), [size]));
      const stored = frames.map(({ frame }) => (frame.value ? textOf(frame.value) : null));
      expect(stored).toEqual([value]);
    }
  });

  test('an empty key is a key', () => {
    expect(commands('*2\r\n$3\r\nGET\r\n$0\r\n\r\n').frames[0]?.frame.key).toBe('');
  });

  test('a password is never taken for a key', () => {
    const text =
      '*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$6\r\nsecret\r\n';
    expect(JSON.stringify(commands(text).frames)).not.toContain('secret');
  });

  test('a key longer than keyBytesMax is cut there, wherever the chunks are', () => {
    const text = '*2\r\n$3\r\nGET\r\n$9\r\nabcdefghi\r\n';
    for (let size = 1; size <= text.length; size += 1) {
      const framer = resp({ keyBytesMax: 5 }).converse().commands;
      const { frames } = read(framer, split(latin1(text), [size]));
      expect(frames.map(({ frame }) => frame.key)).toEqual(['abcde']);
    }
  });

  test.each([
    ['*x\r\n', 'byte 120 stands in the count of a command'],
    ['*1\r\n+PING\r\n', 'an argument does not begin with $'],
    ['*1\r\n$-1\r\n', 'byte 45 stands in the length of a command'],
    ['*1\r\n$4\r\nPINGS\r\n', 'an argument was longer than it announced'],
    ['x'.repeat(11), 'a line of words is longer than inlineBytesMax, 10'],
    ['*5\r\n', '5 arguments are more than argumentsMax, 4'],
    ['*1\r\n$101\r\n', '101 bytes are more than argumentBytesMax, 100'],
  ])('%j cannot be read: %s', (text, because) => {
    const limits = { inlineBytesMax: 10, argumentsMax: 4, argumentBytesMax: 100 };
    const { lost, tiled } = commands(text, limits);
    expect(lost).toBe(because);
    expect(tiled).toBe(text);
  });
});

/** A stream of well-formed pieces, some of whose bytes were then changed, put in or taken out. */
function mutatedStream(pieces: readonly string[]): fc.Arbitrary<Uint8Array> {
  const mutation = fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('change' as const, 'insert' as const, 'remove' as const),
    byte: fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(...latin1('\r\n0123$*:;.?|>')),
    ),
  });
  return fc
    .tuple(
      fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 12 }),
      fc.oneof(fc.constant([]), fc.array(mutation, { maxLength: 3 })),
    )
    .map(([texts, mutations]) => {
      const bytes = [...latin1(texts.join(''))];
      for (const { at, kind, byte } of mutations) {
        const place = at % (bytes.length + 1);
        if (kind === 'change') bytes[place] = byte;
        else bytes.splice(place, kind === 'remove' ? 1 : 0, ...(kind === 'insert' ? [byte] : []));
      }
      return Uint8Array.from(bytes);
    });
}

const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 10 });

/** Payloads may be in other pieces; joined they are the same. */
function comparable({ frames, lost, atBoundary }: Read<CommandFrame | ReplyFrame>): unknown {
  const whole = frames.map(({ frame, bytes }) => {
    const payload = 'payload' in frame && frame.payload !== null ? textOf(frame.payload) : null;
    const value = 'value' in frame && frame.value ? textOf(frame.value) : null;
    return { ...frame, bytes, payload, value };
  });
  return { whole, lost, atBoundary };
}

describe('wherever the chunks are cut, and whatever is in them', () => {
  test.each([
    ['replies', (): Framer<ReplyFrame> => resp().converse().replies, everyReplyType],
    ['commands', (): Framer<CommandFrame> => resp().converse().commands, everyCommandForm],
  ] as const)('%s are the same frames, no byte is missing, nothing throws', (_, framer, pieces) => {
    fc.assert(
      fc.property(mutatedStream(pieces), sizes, (bytes, pieceSizes) => {
        const whole = read<CommandFrame | ReplyFrame>(framer(), bytes.length > 0 ? [bytes] : []);
        const pieced = read<CommandFrame | ReplyFrame>(framer(), split(bytes, pieceSizes));
        expect(comparable(pieced)).toEqual(comparable(whole));
        expect(pieced.tiled).toBe(textOf([bytes]));
      }),
      { numRuns: 2_000, seed: 20_240_216 },
    );
  });
});
