import {
  answer,
  type Exchange,
  flush,
  keyBytesMax,
  memcachedVersion,
  type Step,
  statistics,
} from './memcached-exchange.ts';
import { itemFits } from './memcached-item.ts';
import { metaCommands } from './memcached-meta.ts';
import { parseInt32, parseUint32, parseUint64 } from './memcached-number.ts';
import type { StoreMode } from './memcached-store.ts';

/** Runs one command of the text protocol. `words` are what stands between the spaces of its line. */
type Run = (exchange: Exchange, words: readonly string[]) => Step;

interface TextCommand {
  readonly wordsMin: number;
  readonly wordsMax: number;
  readonly run: Run;
}

const badFormat = 'CLIENT_ERROR bad command line format';
const badExpiry = 'CLIENT_ERROR invalid exptime argument';
const tooLarge = 'SERVER_ERROR object too large for cache';
/** memcached reads no more words of a line than this, except the keys of a get. */
const wordsMax = 23;
const int32Max = 2 ** 31 - 1;

/**
 * Runs one line (without its end) as memcached 1.6.18 does, bad ones too: a line that is refused before its length was
 * read leaves its value behind, which is then taken for the next command and answered a second time.
 */
export function runTextLine(exchange: Exchange, line: string): Step {
  const end = line.indexOf('\0');
  const words = (end < 0 ? line : line.slice(0, end)).split(' ').filter((word) => word !== '');
  const name = words[0] ?? '';
  if (name.length < 2) return answer(exchange, 'ERROR');
  const command = commands.get(name);
  if (command !== undefined) {
    if (words.length < command.wordsMin || words.length > command.wordsMax)
      return answer(exchange, 'ERROR');
    return command.run(exchange, words);
  }
  const isForeign =
    !/^[gsacidt]/.test(name) && words.slice(0, wordsMax).at(-1)?.startsWith('HTTP/');
  return isForeign === true ? { kind: 'close' } : answer(exchange, 'ERROR');
}

const any = Number.POSITIVE_INFINITY;

const commands = new Map<string, TextCommand>([
  ['get', { wordsMin: 2, wordsMax: any, run: (exchange, words) => get(exchange, { words }) }],
  ['bget', { wordsMin: 2, wordsMax: any, run: (exchange, words) => get(exchange, { words }) }],
  [
    'gets',
    { wordsMin: 2, wordsMax: any, run: (exchange, words) => get(exchange, { words, cas: true }) },
  ],
  [
    'gat',
    { wordsMin: 2, wordsMax: any, run: (exchange, words) => get(exchange, { words, touch: true }) },
  ],
  [
    'gats',
    {
      wordsMin: 2,
      wordsMax: any,
      run: (exchange, words) => get(exchange, { words, touch: true, cas: true }),
    },
  ],
  ...(['set', 'add', 'replace', 'append', 'prepend'] as const).map(
    (mode) => [mode, { wordsMin: 5, wordsMax: 6, run: update(mode) }] as const,
  ),
  ['cas', { wordsMin: 6, wordsMax: 7, run: update('cas') }],
  ['incr', { wordsMin: 3, wordsMax: 4, run: change(true) }],
  ['decr', { wordsMin: 3, wordsMax: 4, run: change(false) }],
  ['touch', { wordsMin: 3, wordsMax: 4, run: touch }],
  ['delete', { wordsMin: 2, wordsMax: 4, run: remove }],
  ['flush_all', { wordsMin: 1, wordsMax: 3, run: flushAll }],
  ['verbosity', { wordsMin: 2, wordsMax: 3, run: verbosity }],
  [
    'version',
    {
      wordsMin: 1,
      wordsMax: any,
      run: (exchange) => answer(exchange, `VERSION ${memcachedVersion}`),
    },
  ],
  ['quit', { wordsMin: 1, wordsMax: any, run: () => ({ kind: 'end' }) }],
  ['stats', { wordsMin: 1, wordsMax: any, run: stats }],
  ['lru_crawler', { wordsMin: 1, wordsMax: any, run: crawl }],
  [
    'shutdown',
    {
      wordsMin: 1,
      wordsMax: any,
      run: (exchange) => answer(exchange, 'ERROR: shutdown not enabled'),
    },
  ],
  ...[...metaCommands].map(([name, run]) => [name, { wordsMin: 1, wordsMax: any, run }] as const),
]);

function get(
  exchange: Exchange,
  {
    words,
    touch = false,
    cas = false,
  }: { readonly words: readonly string[]; readonly touch?: boolean; readonly cas?: boolean },
): Step {
  const { store, counters } = exchange;
  let expiresAt = 0;
  if (touch) {
    const seconds = parseInt32(words[1] ?? '');
    if (seconds === null) return answer(exchange, badExpiry);
    expiresAt = store.expiry(seconds);
  }
  for (const key of words.slice(touch ? 2 : 1)) {
    if (key.length > keyBytesMax) {
      // memcached 1.6.18 gives up every reply that it has not sent, also those of the commands before this one.
      exchange.forgetUnsent();
      return answer(exchange, badFormat);
    }
    const item = store.find(key, 'read');
    if (touch) counters.touches += 1;
    else counters.gets += 1;
    if (item === null) counters.misses += 1;
    else {
      counters.hits += 1;
      if (touch) item.expiresAt = expiresAt;
      const number = cas ? ` ${item.cas}` : '';
      const head = `VALUE ${key} ${item.flags} ${item.value.length}${number}\r\n`;
      exchange.reply(Buffer.from(head, 'latin1'));
      exchange.reply(item.value);
      exchange.reply(lineEnd);
    }
  }
  answer(exchange, 'END');
  return flush;
}

const lineEnd = Buffer.from('\r\n');

function update(mode: StoreMode): Run {
  return (exchange, words) => {
    const { store } = exchange;
    readQuiet(exchange, words);
    const key = words[1] ?? '';
    if (key.length > keyBytesMax) return answer(exchange, badFormat);
    const flags = parseUint32(words[2] ?? '');
    const seconds = parseInt32(words[3] ?? '');
    const valueBytes = parseInt32(words[4] ?? '');
    const cas = mode === 'cas' ? parseUint64(words[5] ?? '') : 0n;
    if (flags === null || seconds === null || valueBytes === null || cas === null)
      return answer(exchange, badFormat);
    if (valueBytes < 0 || valueBytes > int32Max - 2) return answer(exchange, badFormat);
    const expiresAt = store.expiry(seconds);
    if (!itemFits({ keyBytes: key.length, flags, valueBytes })) {
      answer(exchange, tooLarge);
      // The value that is there would be older than what the client believes to be stored.
      const before = mode === 'set' ? store.find(key, 'look') : null;
      if (before !== null) store.unlink(before);
      return { kind: 'swallow', bytes: valueBytes + 2 };
    }
    return {
      kind: 'value',
      bytes: valueBytes + 2,
      complete: (block) => {
        exchange.counters.sets += 1;
        const value = valueOf(block);
        if (value === null) return answer(exchange, 'CLIENT_ERROR bad data chunk');
        const item = store.create({ key, flags, expiresAt, value, cas });
        return answer(exchange, storeReplies[store.store(item, { mode })]);
      },
    };
  };
}

const storeReplies = {
  stored: 'STORED',
  exists: 'EXISTS',
  missing: 'NOT_FOUND',
  'not-stored': 'NOT_STORED',
};

/** The value of a block that ends in CR LF, or null. */
export function valueOf(block: Buffer): Buffer | null {
  if (block.at(-2) !== 0x0d || block.at(-1) !== 0x0a) return null;
  return block.subarray(0, -2);
}

function change(isIncrement: boolean): Run {
  return (exchange, words) => {
    readQuiet(exchange, words);
    const key = words[1] ?? '';
    if (key.length > keyBytesMax) return answer(exchange, badFormat);
    const delta = parseUint64(words[2] ?? '');
    if (delta === null) return answer(exchange, 'CLIENT_ERROR invalid numeric delta argument');
    const outcome = exchange.store.change(key, { isIncrement, delta, cas: 0n });
    switch (outcome.state) {
      case 'changed':
        return answer(exchange, outcome.text);
      case 'not-a-number':
        return answer(exchange, 'CLIENT_ERROR cannot increment or decrement non-numeric value');
      case 'too-large':
        return answer(exchange, 'SERVER_ERROR out of memory');
      case 'missing':
      case 'mismatch':
        return answer(exchange, 'NOT_FOUND');
      default:
        return outcome satisfies never;
    }
  };
}

function touch(exchange: Exchange, words: readonly string[]): Step {
  readQuiet(exchange, words);
  const key = words[1] ?? '';
  if (key.length > keyBytesMax) return answer(exchange, badFormat);
  const seconds = parseInt32(words[2] ?? '');
  if (seconds === null) return answer(exchange, badExpiry);
  exchange.counters.touches += 1;
  const item = exchange.store.find(key, 'read');
  if (item === null) return answer(exchange, 'NOT_FOUND');
  item.expiresAt = exchange.store.expiry(seconds);
  return answer(exchange, 'TOUCHED');
}

function remove(exchange: Exchange, words: readonly string[]): Step {
  if (words.length > 2) {
    const holdsZero = words[2] === '0';
    const isQuiet = readQuiet(exchange, words);
    const isValid = words.length === 3 ? holdsZero || isQuiet : holdsZero && isQuiet;
    if (!isValid) return answer(exchange, `${badFormat}.  Usage: delete <key> [noreply]`);
  }
  const key = words[1] ?? '';
  if (key.length > keyBytesMax) return answer(exchange, badFormat);
  const item = exchange.store.find(key, 'look');
  if (item === null) return answer(exchange, 'NOT_FOUND');
  exchange.store.unlink(item);
  return answer(exchange, 'DELETED');
}

function flushAll(exchange: Exchange, words: readonly string[]): Step {
  readQuiet(exchange, words);
  exchange.counters.flushes += 1;
  let seconds: number | null = 0;
  if (words.length !== (exchange.isQuiet ? 2 : 1)) {
    seconds = parseInt32(words[1] ?? '');
    if (seconds === null) return answer(exchange, badExpiry);
  }
  exchange.store.flush(seconds > 0 ? exchange.store.expiry(seconds) : 0);
  return answer(exchange, 'OK');
}

function verbosity(exchange: Exchange, words: readonly string[]): Step {
  readQuiet(exchange, words);
  return answer(exchange, parseUint32(words[1] ?? '') === null ? badFormat : 'OK');
}

function stats(exchange: Exchange, words: readonly string[]): Step {
  switch (words[1]) {
    case undefined:
      for (const [name, value] of statistics(exchange)) answer(exchange, `STAT ${name} ${value}`);
      return answer(exchange, 'END');
    case 'reset':
      return answer(exchange, 'RESET');
    case 'items':
    case 'slabs':
    case 'sizes':
    case 'settings':
    case 'conns':
      return answer(exchange, 'END');
    default:
      return answer(exchange, 'ERROR');
  }
}

/** Lists what is there. Its other words, which crawl in the background, are errors here. */
function crawl(exchange: Exchange, words: readonly string[]): Step {
  const [, what, which] = words;
  if (what !== 'metadump' || (which !== 'all' && which !== 'hash'))
    return answer(exchange, 'ERROR');
  const { startUnixSeconds } = exchange.store.statistics();
  const unixSeconds = (seconds: number): number => startUnixSeconds - 62 + seconds;
  for (const { key, expiresAt, usedAt, cas, wasFetched, value } of exchange.store.items()) {
    const end = expiresAt === 0 ? -1 : unixSeconds(expiresAt);
    const read = wasFetched ? 'yes' : 'no';
    const line = `key=${uriOf(key)} exp=${end} la=${unixSeconds(usedAt)} cas=${cas} fetch=${read} cls=1 size=${value.length}\n`;
    exchange.reply(Buffer.from(line, 'latin1'));
  }
  return answer(exchange, 'END');
}

/** Every byte but the plain ones as %XX. */
function uriOf(latin1: string): string {
  return latin1.replaceAll(/[^A-Za-z0-9\-._~]/g, (character) => {
    const digits = character.charCodeAt(0).toString(16).toUpperCase();
    return `%${digits.padStart(2, '0')}`;
  });
}

/** `noreply` counts where it stands last. */
function readQuiet(exchange: Exchange, words: readonly string[]): boolean {
  exchange.isQuiet = words.at(-1) === 'noreply';
  return exchange.isQuiet;
}
