import { describe, expect, test } from 'vitest';
import { type MemcachedLimits, memcached } from './memcached.ts';
import { type DialogueRead, readDialogue } from './stream-reading.ts';
import { bytesOf } from './text-words.ts';

const dialogue = (
  commands: string,
  replies: string,
  limits: Partial<MemcachedLimits> = {},
): DialogueRead =>
  readDialogue(memcached(limits), { commands: bytesOf(commands), replies: bytesOf(replies) });

/** Each command as `NAME key expects`. */
const asked = (commands: string): string[] =>
  dialogue(commands, '').commands.frames.map(({ frame }) =>
    [frame.command, frame.key ?? '-', frame.expects].join(' '),
  );

/** Each reply as its type, its payload, and which command it answers, counted from 1. */
function answers(commands: string, replies: string): string[] {
  const read = dialogue(commands, replies).replies;
  expect(read.lost).toBeNull();
  let answered = 0;
  return read.frames.map(({ frame, payload }) => {
    if (frame.answers) answered += 1 + (frame.skips ?? 0);
    return `${frame.type} ${payload ?? '-'} ${frame.answers ? answered : 'nobody'}`;
  });
}

/** The value that each command stores under its key. */
const stores = (commands: string): (string | null)[] =>
  dialogue(commands, '').commands.frames.map(({ payload }) => payload);

const longKey = 'k'.repeat(251);

describe('text', () => {
  test.each([
    ['get a\r\n', ['GET a reply']],
    ['gets a b c\r\n', ['GETS a reply']],
    ['gat 60 a b\r\n', ['GAT a reply']],
    ['set a 1 0 3\r\nabc\r\nget a\r\n', ['SET a reply', 'GET a reply']],
    ['set a 0 -1 4\r\n\r\n\r\n\r\n', ['SET a reply']],
    ['set a 0 0 0\r\n\r\n', ['SET a reply']],
    ['set a 0 0 3 noreply\r\nabc\r\n', ['SET a silence']],
    ['cas a 0 0 3 77\r\nabc\r\n', ['CAS a reply']],
    ['cas a 0 0 3 77 noreply\r\nabc\r\n', ['CAS a silence']],
    ['append a 0 0 1\r\nx\r\nprepend a 0 0 1\r\ny\r\n', ['APPEND a reply', 'PREPEND a reply']],
    ['delete a\r\ndelete a noreply\r\n', ['DELETE a reply', 'DELETE a silence']],
    ['incr a 5\r\ndecr a 5 noreply\r\n', ['INCR a reply', 'DECR a silence']],
    ['touch a 60\r\ntouch a 60 noreply\r\n', ['TOUCH a reply', 'TOUCH a silence']],
    ['flush_all 10 noreply\r\nversion\r\n', ['FLUSH_ALL - silence', 'VERSION - reply']],
    [
      'stats items\r\nverbosity 1\r\nquit\r\n',
      ['STATS - reply', 'VERBOSITY - reply', 'QUIT - silence'],
    ],
    ['watch\r\n', ['WATCH - stream']],
    ['\r\n', [' - reply']],
    ['  get   a  \n', ['GET a reply']],
    ['get \xc3\xa4\r\n', ['GET ä reply']],
  ])('%j is %j', (commands, frames) => {
    expect(asked(commands)).toEqual(frames);
  });

  test.each([
    ['set a 0 0 3\r\nabc\r\n', ['abc']],
    ['set a 0 0 0 noreply\r\n\r\n', ['']],
    ['add a 0 0 1\r\nx\r\nreplace a 0 0 1\r\ny\r\ncas a 0 0 1 7\r\nz\r\n', ['x', 'y', 'z']],
    ['append a 0 0 1\r\nx\r\nprepend a 0 0 1\r\ny\r\n', [null, null]],
    ['ms a 2 T60\r\nhi\r\nms a 2 MA\r\nho\r\nms a 2 mp q\r\nhu\r\n', ['hi', null, null]],
    ['ms a 2 MR\r\nhi\r\nmn\r\n', ['hi', null]],
    ['get a\r\nset a 0 0 x\r\n', [null, null]],
    // One that is longer than it says is refused.
    ['set a 0 0 3 noreply\r\nabcdef\r\n', [null, null]],
  ])('%j stores %j', (commands, values) => {
    expect(stores(commands)).toEqual(values);
  });

  test.each([
    // A server reads as many bytes as were announced and two more, and takes the rest for the next command.
    ['set a 0 0 3\r\nabcdef\r\n', ['SET a reply', 'F - reply']],
    ['set a 0 0 3 noreply\r\nabcdef\r\n', ['SET a silence', 'F - reply']],
    // It does not read a data block behind a line that it refuses.
    ['set a 0 0 x\r\nabc\r\n', ['SET a reply', 'ABC - reply']],
    ['set a 0 0 -1\r\nabc\r\n', ['SET a reply', 'ABC - reply']],
    ['set a 0 0\r\nabc\r\n', ['SET a reply', 'ABC - reply']],
    ['set a 0 0 3 noreply x\r\nabc\r\n', ['SET a reply', 'ABC - reply']],
    ['cas a 0 0 3\r\nabc\r\n', ['CAS a reply', 'ABC - reply']],
    [`set ${longKey} 0 0 3\r\nabc\r\n`, [`SET ${longKey} reply`, 'ABC - reply']],
    ['ms a x q\r\nabc\r\n', ['MS a reply', 'ABC - reply']],
    [`mg ${longKey} v q\r\n`, [`MG ${longKey} reply`]],
    // A quiet command does not keep its mistakes quiet.
    ['ms a 3 q\r\nabcdef\r\n', ['MS a reply', 'F - reply']],
    ['SET a 0 0 3\r\nabc\r\n', ['SET - reply', 'ABC - reply']],
  ])('a mistake is counted as a server counts it: %j is %j', (commands, frames) => {
    expect(asked(commands)).toEqual(frames);
  });

  test.each([
    ['get a\r\n', 'VALUE a 0 5\r\na\r\nbc\r\nEND\r\n', ['VALUE a\r\nbc 1']],
    ['get a\r\n', 'VALUE a 0 0\r\n\r\nEND\r\n', ['VALUE  1']],
    ['get a\r\nget b\r\n', 'END\r\nEND\r\n', ['END - 1', 'END - 2']],
    ['gets a b\r\n', 'VALUE a 0 1 7\r\nx\r\nVALUE b 0 2 8\r\nyz\r\nEND\r\n', ['VALUE xyz 1']],
    ['get a b\r\n', 'VALUE a 0 1\r\nx\r\nSERVER_ERROR out of memory\r\n', ['VALUE x 1']],
    ['set a 0 0 1\r\nx\r\n', 'STORED\r\n', ['STORED STORED 1']],
    ['incr a 1\r\n', '12\r\n', ['12 12 1']],
    [
      'stats\r\nget a\r\n',
      'STAT pid 1\r\nSTAT x y\r\nEND\r\nEND\r\n',
      ['STAT STAT pid 1STAT x yEND 1', 'END - 2'],
    ],
    ['stats reset\r\n', 'RESET\r\n', ['RESET RESET 1']],
    [
      'lru_crawler metadump all\r\n',
      'key=a exp=-1\r\nkey=b exp=0\r\nEND\r\n',
      ['key=a key=a exp=-1key=b exp=0END 1'],
    ],
    ['get a\r\n', 'SERVER_ERROR out of memory\r\n', ['SERVER_ERROR SERVER_ERROR out of memory 1']],
    [
      'set a 0 0 3\r\nabcdef\r\nget a\r\n',
      'CLIENT_ERROR bad data chunk\r\nERROR\r\nEND\r\n',
      ['CLIENT_ERROR CLIENT_ERROR bad data chunk 1', 'ERROR ERROR 2', 'END - 3'],
    ],
    ['', 'ERROR Too many open connections\r\n', ['ERROR ERROR Too many open connections nobody']],
  ])('to %j the reply %j is %j', (commands, replies, frames) => {
    expect(answers(commands, replies)).toEqual(frames);
  });

  test('a refusal that comes before all of the data is no answer to the next command', () => {
    const { commands, replies } = memcached().converse();
    commands.push(bytesOf('set a 0 0 9\r\nabc'));
    const [early] = replies.push(bytesOf('SERVER_ERROR object too large for cache\r\n'));
    expect(early?.frame?.answers).toBe(false);
    const [set, get] = commands.push(bytesOf('defghi\r\nget b\r\n'));
    expect([set?.frame?.expects, get?.frame?.expects]).toEqual(['silence', 'reply']);
    expect(replies.push(bytesOf('END\r\n'))[0]?.frame).toMatchObject({ answers: true, skips: 0 });
  });

  test("a command that never reaches the server takes nobody's reply", () => {
    const { commands, replies } = memcached().converse();
    const spans = commands.push(bytesOf('mg a q O1\r\nmg b O2\r\nmg c q O3\r\nmn\r\n'));
    spans[1]?.frame?.withdraw?.();
    const frames = replies.push(bytesOf('HD O3\r\nMN\r\n')).map(({ frame }) => frame);
    expect(frames.map((frame) => [frame?.type, frame?.answers, frame?.skips])).toEqual([
      ['HD', true, 1],
      ['MN', true, 0],
    ]);
  });

  test.each([
    ['get a\r\n', 'VALUE a 0 x\r\n', 'a value does not say how many bytes it has'],
    ['get a\r\n', 'VALUE a 0 1\r\nxyz', 'a value was longer than it announced'],
    ['get a\r\n', 'VALUE a 0 1\r\nx\r\nHELLO\r\n', 'behind a value stands neither VALUE nor END'],
  ])('to %j the reply %j cannot be read: %s', (commands, replies, because) => {
    expect(dialogue(commands, replies).replies.lost).toBe(because);
  });

  test('a word that is none of memcached is shortened and printable', () => {
    const { frames } = dialogue('get a\r\n', `\x07${'x'.repeat(99)}\r\n`).replies;
    expect(frames[0]?.frame.type).toBe(`?${'x'.repeat(31)}`);
  });

  test('a line that is too long cannot be read', () => {
    const { commands } = dialogue('get abcdefgh\r\n', '', { lineBytesMax: 10 });
    expect(commands.lost).toBe('a line is longer than lineBytesMax, 10');
  });

  test('a payload longer than payloadBytesMax is not kept, and the frame is found all the same', () => {
    const text = 'VALUE a 0 5\r\nabcde\r\nEND\r\nEND\r\n';
    const { frames } = dialogue('get a\r\nget b\r\n', text, { payloadBytesMax: 4 }).replies;
    expect(frames.map(({ bytes, payload }) => [bytes, payload])).toEqual([
      [25, null],
      [5, null],
    ]);
  });
});

describe('meta', () => {
  test.each([
    ['mg a v\r\nmg b v q\r\n', ['MG a reply', 'MG b maybe']],
    ['ms a 3 T60\r\nabc\r\nms b 1 q\r\nx\r\n', ['MS a reply', 'MS b maybe']],
    [
      'md a q\r\nma b q\r\nme c\r\nmn\r\n',
      ['MD a maybe', 'MA b maybe', 'ME c reply', 'MN - reply'],
    ],
    // The size of a value is no flag, and neither is a key that begins with q.
    ['mg quiet v\r\n', ['MG quiet reply']],
  ])('%j is %j', (commands, frames) => {
    expect(asked(commands)).toEqual(frames);
  });

  test.each([
    ['mg a v\r\nmg b v\r\n', 'EN\r\nVA 2 t5\r\nhi\r\n', ['EN EN 1', 'VA hi 2']],
    ['mg a v\r\n', 'VA 0\r\n\r\n', ['VA  1']],
    // Quiet misses say nothing, and the barrier tells so.
    [
      'mg a v q O1\r\nmg b v q O2\r\nmg c v q O3\r\nmn\r\n',
      'VA 1 O2\r\nx\r\nMN\r\n',
      ['VA x 2', 'MN MN 4'],
    ],
    ['mg a v q k\r\nmg b v q k\r\nmn\r\n', 'VA 1 kb\r\nx\r\nMN\r\n', ['VA x 2', 'MN MN 3']],
    ['mg a v q\r\nmn\r\n', 'VA 1\r\nx\r\nMN\r\n', ['VA x 1', 'MN MN 2']],
    ['mg a v q\r\nmg b v q\r\nmn\r\n', 'MN\r\n', ['MN MN 3']],
    [
      'ms a 1 q O1\r\nx\r\nms b 1 q O2\r\ny\r\nmn\r\n',
      'NS O2\r\nMN\r\n',
      ['NS NS O2 2', 'MN MN 3'],
    ],
    ['md a q O1\r\nmd b O2\r\n', 'HD O2\r\n', ['HD HD O2 2']],
    ['md a q\r\nmd b\r\n', 'HD\r\n', ['HD HD 2']],
    ['mg a q O1\r\nget b\r\n', 'END\r\n', ['END - 2']],
    ['mg a v q O1\r\nget b\r\n', 'VA 1 O1\r\nx\r\nEND\r\n', ['VA x 1', 'END - 2']],
    ['ma c v O1\r\nme c\r\n', 'VA 2 O1\r\n10\r\nME c exp=-1\r\n', ['VA 10 1', 'ME ME c exp=-1 2']],
  ])('to %j the reply %j is %j', (commands, replies, frames) => {
    expect(answers(commands, replies)).toEqual(frames);
  });

  test('a reply that names none of several quiet commands is not paired by guessing', () => {
    const { replies } = dialogue('mg a v q\r\nmg b v q\r\nmn\r\n', 'VA 1\r\nx\r\nMN\r\n');
    expect(replies).toMatchObject({ frames: [], lost: 'VA could answer several quiet commands' });
  });

  test('quiet commands without end are not remembered without end', () => {
    const { commands } = dialogue('mg a q O1\r\n'.repeat(5), '', { quietMax: 4 });
    expect(commands.frames).toHaveLength(4);
    expect(commands.lost).toBe('more quiet commands than quietMax came without any other');
  });
});

interface Packet {
  readonly opcode: number;
  readonly opaque?: number;
  readonly status?: number;
  readonly extras?: string;
  readonly key?: string;
  readonly value?: string;
}

function packet(
  magic: number,
  { opcode, opaque = 0, status = 0, extras = '', key = '', value = '' }: Packet,
): string {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, magic);
  view.setUint8(1, opcode);
  view.setUint16(2, key.length);
  view.setUint8(4, extras.length);
  view.setUint16(6, status);
  view.setUint32(8, extras.length + key.length + value.length);
  view.setUint32(12, opaque);
  return `${String.fromCharCode(...bytes)}${extras}${key}${value}`;
}

const request = (fields: Packet): string => packet(0x80, fields);
const response = (fields: Packet): string => packet(0x81, fields);

describe('binary', () => {
  test('the first byte of a connection says that it is binary', () => {
    const commands = request({ opcode: 0, key: 'a' }) + request({ opcode: 0x09, key: 'b' });
    const later = request({ opcode: 1, extras: 'flagstim', key: 'c', value: 'vv' });
    expect(asked(commands + later + request({ opcode: 0x17 }))).toEqual([
      'GET a reply',
      'GETQ b maybe',
      'SET c reply',
      'QUITQ - silence',
    ]);
  });

  test('what SET, ADD and REPLACE carry is what they store', () => {
    const carry = { extras: 'flagstim', key: 'c', value: 'vv' };
    const commands = [0x01, 0x02, 0x03, 0x11, 0x12, 0x13, 0x0e, 0x0f].map((opcode) =>
      request({ opcode, ...carry }),
    );
    const other = request({ opcode: 0, key: 'a' });
    const seen = stores(commands.join('') + other);
    expect(seen).toEqual(['vv', 'vv', 'vv', 'vv', 'vv', 'vv', null, null, null]);
  });

  test('the payload is the value alone, and an error has none', () => {
    const commands = request({ opcode: 0, key: 'a' }).repeat(3);
    const hit = response({ opcode: 0, extras: 'flag', value: 'value' });
    const empty = response({ opcode: 0, extras: 'flag' });
    const miss = response({ opcode: 0, status: 1, value: 'Not found' });
    expect(answers(commands, hit + empty + miss)).toEqual(['0 value 1', '0  2', '1 - 3']);
  });

  test('opaque values tell which quiet get was answered', () => {
    const quiet = [1, 2, 3].map((opaque) => request({ opcode: 0x09, opaque, key: `k${opaque}` }));
    const commands = quiet.join('') + request({ opcode: 0x0a, opaque: 9 });
    const replies = response({ opcode: 0x09, opaque: 2, extras: 'flag', value: 'two' });
    const end = response({ opcode: 0x0a, opaque: 9 });
    expect(answers(commands, replies + end)).toEqual(['0 two 2', '0 - 4']);
  });

  test('keys tell it too, when opaque values are all the same', () => {
    const quiet = ['a', 'b', 'c'].map((key) => request({ opcode: 0x0d, key }));
    const commands = quiet.join('') + request({ opcode: 0x0a });
    const hit = response({ opcode: 0x0d, extras: 'flag', key: 'c', value: 'x' });
    expect(answers(commands, hit + response({ opcode: 0x0a }))).toEqual(['0 x 3', '0 - 4']);
  });

  test('quiet stores that went well have no reply, and one that failed has', () => {
    const quiet = [1, 2].map((opaque) =>
      request({ opcode: 0x11, opaque, extras: 'flagstim', key: 'a', value: 'v' }),
    );
    const commands = quiet.join('') + request({ opcode: 0x0a });
    const failed = response({ opcode: 0x11, opaque: 2, status: 3, value: 'Too large' });
    expect(answers(commands, failed + response({ opcode: 0x0a }))).toEqual(['3 - 2', '0 - 3']);
  });

  test('an error that names none of several quiet stores is not paired by guessing', () => {
    const quiet = request({ opcode: 0x11, extras: 'flagstim', key: 'a', value: 'v' }).repeat(2);
    const failed = response({ opcode: 0x11, status: 3, value: 'Too large' });
    const { lost } = dialogue(quiet + request({ opcode: 0x0a }), failed).replies;
    expect(lost).toBe('a response could answer several quiet commands');
  });

  test('all packets of statistics are one reply', () => {
    const line = response({ opcode: 0x10, key: 'pid', value: '1' });
    const commands = request({ opcode: 0x10 }) + request({ opcode: 0x0a });
    const replies = line + line + response({ opcode: 0x10 }) + response({ opcode: 0x0a });
    expect(answers(commands, replies)).toEqual(['0 11 1', '0 - 2']);
  });

  test('a password is never taken for a key', () => {
    const commands = request({ opcode: 0x21, key: 'PLAIN', value: '\0user\0secret' });
    expect(asked(commands)).toEqual(['SASL_AUTH - reply']);
  });

  test.each([
    [request({ opcode: 0 }) + response({ opcode: 0 }), '', 'no request begins with byte 129'],
    [
      request({ opcode: 0, key: 'abc' }).replace('\x03', '\x09'),
      '',
      'a body of 3 bytes cannot hold a key of 9 and extras of 0',
    ],
    [request({ opcode: 0, key: 'a' }), request({ opcode: 0 }), 'no response begins with byte 128'],
  ])('what is not of this protocol cannot be read', (commands, replies, because) => {
    const read = dialogue(commands, replies);
    expect(read.commands.lost ?? read.replies.lost).toBe(because);
  });
});
