import type { Rng } from '../model/world.ts';

/** What is sent on one connection, which the client then closes on its side. */
export interface MemcachedBatch {
  readonly bytes: Buffer;
  /** Where the bytes are cut into several writes. Empty for one write. */
  readonly cuts: readonly number[];
  readonly commands: number;
}

export interface SequenceOptions {
  readonly protocol: 'text' | 'meta' | 'binary';
  readonly commandsMin: number;
  /**
   * Cut at random places. How many of these pieces a real server reads in one go is up to the network, so such a batch leaves out
   * the three things whose replies depend on it: a get of a key that is too long (it loses unsent replies), a number that
   * gets shorter (padded or not), and what ends the connection (unsent replies are lost): a value that never ends, a bad header.
   */
  readonly isCut: boolean;
}

const commandsOfBatchMax = 24;
const keyTooLong = 'k'.repeat(251);
const keyLongest = 'k'.repeat(250);

/** Draws batches of commands, good and bad ones, the same for the same seed. */
export function memcachedSequence(rng: Rng, options: SequenceOptions): MemcachedBatch[] {
  const batches: MemcachedBatch[] = [];
  const draw = { text: textCommand, meta: metaCommand, binary: binaryCommand }[options.protocol];
  for (let drawn = 0; drawn < options.commandsMin; drawn += batches.at(-1)?.commands ?? 1) {
    const commands = rng.integer(1, commandsOfBatchMax);
    const parts = Array.from({ length: commands }, () =>
      Buffer.from(draw({ rng, isSteady: options.isCut }), 'latin1'),
    );
    const bytes = Buffer.concat([...parts, ending(options)]);
    batches.push({ bytes, cuts: options.isCut ? cutsOf(rng, bytes.length) : [], commands });
  }
  return batches;
}

/** Ends any value that a wrong length left open. */
function ending({ protocol, isCut }: SequenceOptions): Buffer {
  return Buffer.from(isCut && protocol !== 'binary' ? '\r\n'.repeat(50) : '');
}

function cutsOf(rng: Rng, length: number): number[] {
  if (length < 2) return [];
  const cuts = Array.from({ length: rng.integer(1, 8) }, () => rng.integer(1, length - 1));
  return [...new Set(cuts)].sort((one, other) => one - other);
}

interface Draw {
  readonly rng: Rng;
  readonly isSteady: boolean;
}

function pick<const Value>(rng: Rng, values: readonly [Value, ...Value[]]): Value {
  return values[rng.integer(0, values.length - 1)] ?? values[0];
}

function key({ rng }: Draw): string {
  if (rng.chance(0.02)) return keyLongest;
  return pick(rng, ['a', 'b', 'c', 'number', 'other', 'k\x80\xff', 'a\tb']);
}

function keyOrTooLong(draw: Draw): string {
  return draw.rng.chance(0.03) ? keyTooLong : key(draw);
}

/** None that is over within the time a test takes, or begins then. */
function expiry(rng: Rng): string {
  if (rng.chance(0.6)) return '0';
  return pick(rng, [
    '1000',
    '-1',
    '-2147483648',
    '2592000',
    '2592001',
    '1000000000',
    '4000000000',
    '2147483647',
    '1.5',
    '1e3',
    'x',
    '+900',
    '4294967297000',
    '99999999999999999999',
    '0x10',
    '',
  ]);
}

/** In cut batches a key that holds nothing but a number that grows. */
function numberKey(draw: Draw): string {
  if (draw.isSteady) return 'counter';
  return draw.rng.chance(0.6) ? 'number' : keyOrTooLong(draw);
}

function flags(rng: Rng): string {
  if (rng.chance(0.7)) return pick(rng, ['0', '1', '42']);
  return pick(rng, ['4294967295', '4294967296', '-1', 'x', '1.5', '18446744073709551616']);
}

/**
 * No stored number is above 2^63: a real server then looks for a minus sign in whatever memory follows the value, so that its
 * reply depends on what was there before.
 */
function value({ rng }: Draw): string {
  if (rng.chance(0.4))
    return pick(rng, ['1', '10', '99', '0', '4611686018427387904', '18446744073709551616', '5 x']);
  return pick(rng, ['', 'x', 'hello', 'a b\r\nc', 'get a\r\n', '\0\xff', 'x'.repeat(40), '-3']);
}

function length(rng: Rng, bytes: number): string {
  if (rng.chance(0.93)) return String(bytes);
  return pick(rng, [
    String(bytes + 1),
    String(Math.max(0, bytes - 1)),
    '-1',
    'x',
    '2147483646',
    '4294967296',
    '1.0',
    '+1',
    '',
  ]);
}

function noReply(rng: Rng): string {
  if (rng.chance(0.85)) return '';
  return pick(rng, [' noreply', ' noreply', ' NOREPLY', ' noreply noreply']);
}

function number({ rng }: Draw): string {
  if (rng.chance(0.8)) return pick(rng, ['1', '9', '100', '1099511627776']);
  return pick(rng, ['-1', '-0', 'x', '18446744073709551616', '1.5', '0', '1\t2']);
}

/** A length that is not met swallows commands to the end of the batch; where that may not be, the true one is told. */
function told(draw: Draw, bytes: number): string {
  const drawn = length(draw.rng, bytes);
  return draw.isSteady && drawn === '2147483646' ? String(bytes) : drawn;
}

function textCommand(draw: Draw): string {
  const { rng } = draw;
  const name = pick(rng, ['store', 'store', 'get', 'get', 'number', 'other', 'odd']);
  switch (name) {
    case 'store': {
      const bytes = value(draw);
      const mode = pick(rng, ['set', 'set', 'set', 'add', 'replace', 'append', 'prepend', 'cas']);
      const cas = mode === 'cas' ? ` ${pick(rng, ['0', '1', '7', '30', 'x', '-1'])}` : '';
      const line = `${mode} ${keyOrTooLong(draw)} ${flags(rng)} ${expiry(rng)} ${told(draw, bytes.length)}`;
      return `${line}${cas}${noReply(rng)}\r\n${bytes}${rng.chance(0.98) ? '\r\n' : '\n\n'}`;
    }
    case 'get':
      return getLine(draw);
    case 'number': {
      const operation = draw.isSteady ? 'incr' : pick(rng, ['incr', 'decr']);
      return `${operation} ${numberKey(draw)} ${number(draw)}${noReply(rng)}\r\n`;
    }
    case 'other':
      return pick(rng, [
        `touch ${keyOrTooLong(draw)} ${expiry(rng)}${noReply(rng)}\r\n`,
        `delete ${keyOrTooLong(draw)}${noReply(rng)}\r\n`,
        `delete ${key(draw)} ${pick(rng, ['0', '1', 'x'])}${noReply(rng)}\r\n`,
        `flush_all${pick(rng, ['', ' 0', ' -5', ' x', ' noreply', ' 0 noreply', ' 1 2 3'])}\r\n`,
        `verbosity${pick(rng, ['', ' 0', ' x', ' 0 noreply', ' 0 1 2 3'])}\r\n`,
        'version\r\n',
        'set number 0 0 2\r\n10\r\n',
        'set counter 0 0 2\r\n10\r\n',
        'gets counter\r\n',
      ]);
    case 'odd':
      return oddLine(rng);
    default:
      return name satisfies never;
  }
}

function getLine(draw: Draw): string {
  const { rng, isSteady } = draw;
  const keys = Array.from({ length: rng.integer(0, rng.chance(0.05) ? 60 : 4) }, () =>
    isSteady ? key(draw) : keyOrTooLong(draw),
  );
  const name = pick(rng, ['get', 'get', 'gets', 'gat', 'gats', 'bget']);
  const time = name.startsWith('gat') ? ` ${expiry(rng)}` : '';
  return `${name}${time} ${keys.join(rng.chance(0.1) ? '  ' : ' ')}${rng.chance(0.1) ? ' ' : ''}\r\n`;
}

function oddLine(rng: Rng): string {
  return pick(rng, [
    '\r\n',
    '\n',
    ' \r\n',
    'x\r\n',
    'GET a\r\n',
    'get\r\n',
    'gets\n',
    'nothing a b c\r\n',
    'set a 0 0\r\n',
    'set a 0 0 1 noreply x\r\n',
    'get a\0b\r\n',
    'a\0\r\n',
    'incr number\r\n',
    'incr number 1 2 3\r\n',
    'touch a\r\n',
    'gat\r\n',
    'gat x a\r\n',
    'shutdown\r\n',
    'stats reset\r\n',
    'stats nothing\r\n',
    'cas a 0 0 1\r\n',
    'mx a\r\n',
    'm\r\n',
    '\r\r\n',
    'get a\r\r\n',
  ]);
}

function metaKey(draw: Draw): { readonly key: string; readonly flag: string } {
  const { rng } = draw;
  if (rng.chance(0.8)) return { key: keyOrTooLong(draw), flag: '' };
  const encoded = pick(rng, ['YQ==', 'Yg==', 'AP8=', '!!!!', 'YQ', 'Y-Q==', '====', 'YWJjZA==']);
  return { key: encoded, flag: ' b' };
}

/** Two of one letter are drawn at times, which is refused. */
function metaFlags(rng: Rng, flags: readonly [string, ...string[]]): string {
  const drawn = new Set<string>();
  for (let left = rng.integer(0, 5); left > 0; left -= 1) drawn.add(pick(rng, flags));
  const some = [...drawn];
  const letters = new Set(some.map((flag) => flag.charAt(0)));
  if (letters.size < some.length && rng.chance(0.8)) return '';
  return some.map((flag) => ` ${flag}`).join('');
}

const opaque = 'O123';
const opaqueTooLong = `O${'1'.repeat(40)}`;

function metaCommand(draw: Draw): string {
  const { rng, isSteady } = draw;
  const { key, flag } = metaKey(draw);
  const name = pick(rng, ['mg', 'mg', 'ms', 'ms', 'md', 'ma', 'me', 'mn', 'text']);
  switch (name) {
    case 'mg':
      return `mg ${key}${flag}${metaFlags(rng, [
        'v',
        'v',
        'k',
        'c',
        'f',
        's',
        't',
        'h',
        'u',
        'q',
        'N0',
        'N1000',
        'R30',
        'R2000',
        'T0',
        'T1000',
        opaque,
        opaqueTooLong,
        'Tx',
        'z',
        'E1',
        '\xff',
      ])}\r\n`;
    case 'ms': {
      const bytes = value(draw);
      const line = `ms ${key} ${told(draw, bytes.length)}${flag}`;
      const drawn = metaFlags(rng, [
        'k',
        'c',
        'q',
        'I',
        'T0',
        'T1000',
        'T-1',
        'F1',
        'F4294967295',
        'Fx',
        'C1',
        'C9',
        'C40',
        'Cx',
        'MS',
        'ME',
        'MA',
        'MP',
        'MR',
        'MX',
        'M',
        'MSS',
        opaque,
        opaqueTooLong,
        'v',
      ]);
      return `${line}${drawn}\r\n${bytes}${rng.chance(0.97) ? '\r\n' : '\n\n'}`;
    }
    case 'md':
      return `md ${key}${flag}${metaFlags(rng, ['k', 'q', 'I', 'T1000', 'C1', 'C20', opaque, opaqueTooLong, 'x'])}\r\n`;
    case 'ma':
      return `ma ${isSteady ? 'counter' : pick(rng, ['number', `${key}${flag}`])}${metaFlags(rng, [
        'v',
        'v',
        'k',
        'c',
        't',
        'q',
        'N0',
        'N1000',
        'T0',
        'T500',
        'J5',
        'J100',
        'D9',
        'Dx',
        'C3',
        'MI',
        'M+',
        'MX',
        opaque,
        opaqueTooLong,
        ...(isSteady ? [] : ['MD', 'M-', 'D1000']),
      ])}\r\n`;
    case 'me':
      return `me ${pick(rng, [`${key}${flag}`, '', 'a', 'b', 'number'])}\r\n`;
    case 'mn':
      return 'mn\r\n';
    case 'text':
      return textCommand(draw);
    default:
      return name satisfies never;
  }
}

interface Frame {
  readonly operation: number;
  readonly extras?: Buffer;
  readonly key?: string;
  readonly value?: string;
  readonly cas?: bigint;
}

function frame(rng: Rng, { operation, extras, key = '', value = '', cas = 0n }: Frame): string {
  const more = extras ?? Buffer.alloc(0);
  const header = Buffer.alloc(24);
  header.writeUInt8(0x80, 0);
  header.writeUInt8(operation, 1);
  header.writeUInt16BE(key.length, 2);
  header.writeUInt8(more.length, 4);
  header.writeUInt32BE(more.length + key.length + value.length, 8);
  header.writeUInt32BE(rng.integer(0, 2 ** 32 - 1), 12);
  header.writeBigUInt64BE(cas, 16);
  return header.toString('latin1') + more.toString('latin1') + key + value;
}

function words(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number, index * 4);
  return bytes;
}

function binaryExpiry(rng: Rng): number {
  return rng.chance(0.6) ? 0 : pick(rng, [1000, 2592000, 2592001, 1000000000, 4000000000]);
}

function binaryCommand(draw: Draw): string {
  const { rng, isSteady } = draw;
  const cas = rng.chance(0.8) ? 0n : BigInt(rng.integer(1, 40));
  const name =
    !isSteady && rng.chance(0.004) ? 'bad' : pick(rng, ['store', 'get', 'number', 'other', 'join']);
  switch (name) {
    case 'store': {
      const extras = words(pick(rng, [0, 1, 4294967295]), binaryExpiry(rng));
      const operation = pick(rng, [0x01, 0x02, 0x03, 0x11, 0x12, 0x13]);
      return frame(rng, { operation, extras, key: key(draw), value: value(draw), cas });
    }
    case 'join':
      return frame(rng, {
        operation: pick(rng, [0x0e, 0x0f, 0x19, 0x1a]),
        key: key(draw),
        value: value(draw),
        cas,
      });
    case 'get': {
      const operation = pick(rng, [0x00, 0x09, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x23, 0x24]);
      const extras = operation >= 0x1c ? words(binaryExpiry(rng)) : Buffer.alloc(0);
      return frame(rng, { operation, extras, key: key(draw) });
    }
    case 'number': {
      const operation = isSteady ? pick(rng, [0x05, 0x15]) : pick(rng, [0x05, 0x06, 0x15, 0x16]);
      const expires = rng.chance(0.3) ? 0xffffffff : binaryExpiry(rng);
      const extras = words(0, pick(rng, [1, 9, 100]), 0, pick(rng, [5, 10, 1000]), expires);
      return frame(rng, {
        operation,
        extras,
        key: isSteady ? 'counter' : pick(rng, ['number', key(draw)]),
        cas,
      });
    }
    case 'other':
      return pick(rng, [
        frame(rng, { operation: 0x04, key: key(draw), cas }),
        frame(rng, { operation: 0x14, key: key(draw), cas }),
        frame(rng, { operation: 0x0a }),
        frame(rng, { operation: 0x0b }),
        frame(rng, { operation: 0x20 }),
        frame(rng, { operation: 0x7f }),
        frame(rng, { operation: 0x10, key: 'reset' }),
        frame(rng, { operation: 0x10, key: 'nothing' }),
        frame(rng, { operation: 0x01, extras: words(0, 0), key: 'number', value: '10' }),
        frame(rng, { operation: 0x01, extras: words(0, 0), key: 'counter', value: '10' }),
        frame(rng, { operation: 0x00, key: 'counter' }),
        rng.chance(0.2) ? frame(rng, { operation: 0x08, extras: words(0) }) : '',
      ]);
    case 'bad':
      return pick(rng, [
        frame(rng, { operation: 0x00, key: keyTooLong }),
        frame(rng, { operation: 0x00, extras: words(1), key: 'a' }),
        frame(rng, { operation: 0x07 }),
        frame(rng, { operation: 0x17 }),
        'this is no header of the binary protocol',
      ]);
    default:
      return name satisfies never;
  }
}
