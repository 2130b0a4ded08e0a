import type { Rng } from '../model/world.ts';
import { binaryCommand } from './memcached-binary-sequence.ts';
import { type Draw, key, keyOrTooLong, pick, value } from './memcached-draws.ts';

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
