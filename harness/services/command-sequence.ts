import type { Rng } from '../model/world.ts';
import { encodeCommand } from './resp-conversation.ts';

/** One command of a sequence that two servers are asked alike. */
export interface SequencedCommand {
  readonly words: readonly string[];
  readonly bytes: Buffer;
  /**
   * How their replies must agree: byte for byte; whatever the order of the items; as both negative numbers or both not (for
   * time that is left); or byte for byte but for the connection's id.
   */
  readonly agree: 'bytes' | 'unordered' | 'sign' | 'but-id';
}

/** Commands that are sent in one write on one connection before the next batch is sent. */
export interface Batch {
  readonly connection: number;
  readonly commands: readonly SequencedCommand[];
}

type Words = readonly string[];

/** Commands whose replies need not agree byte for byte. */
const agreements: Readonly<Record<string, SequencedCommand['agree']>> = {
  hgetall: 'unordered',
  hkeys: 'unordered',
  hvals: 'unordered',
  smembers: 'unordered',
  keys: 'unordered',
  scan: 'unordered',
  ttl: 'sign',
  pttl: 'sign',
  hello: 'but-id',
};

const commandsOfBatchMax = 16;
const inlineShare = 0.05;
/** An inline request may have 64 KiB; escapes make a word four times as long. */
const inlineWordMax = 1_000;

/** Draws batches of commands with at least `commandsMin` commands, the same for the same seed. */
export function commandSequence(
  rng: Rng,
  { commandsMin, connections }: { readonly commandsMin: number; readonly connections: number },
): Batch[] {
  const batches: Batch[] = [];
  const inTransaction = new Set<number>();
  for (let drawn = 0; drawn < commandsMin; drawn += batches.at(-1)?.commands.length ?? 1) {
    const connection = rng.integer(0, connections - 1);
    const commands: SequencedCommand[] = [];
    const size = rng.chance(0.3) ? 1 : rng.integer(1, commandsOfBatchMax);
    while (commands.length < size) {
      const next = drawStep(rng, inTransaction.has(connection));
      for (const command of next) noteTransaction(inTransaction, connection, command);
      commands.push(...next.map((command) => finish(rng, command)));
    }
    batches.push({ connection, commands });
  }
  return batches;
}

/** Within a transaction replies arrive inside those of EXEC, so only commands whose replies agree byte for byte are drawn there. */
function drawStep(rng: Rng, isInTransaction: boolean): readonly Words[] {
  for (;;) {
    const step = draw(rng);
    const isExact = step.every(([name = '']) => agreements[name] === undefined);
    if (!isInTransaction || isExact) return step;
  }
}

function noteTransaction(open: Set<number>, connection: number, [name]: Words): void {
  if (name === 'multi') open.add(connection);
  if (name === 'exec' || name === 'discard' || name === 'reset') open.delete(connection);
}

function finish(rng: Rng, words: Words): SequencedCommand {
  const cased = words.map((word, index) =>
    index === 0 && rng.chance(0.2) ? word.toUpperCase() : word,
  );
  const isShort = cased.every((word) => word.length < inlineWordMax);
  const bytes = isShort && rng.chance(inlineShare) ? inline(cased) : encodeCommand(cased);
  return { words: cased, bytes, agree: agreements[words[0] ?? ''] ?? 'bytes' };
}

function inline(words: readonly string[]): Buffer {
  const quoted = words.map((word) => {
    if (/^[\w:-]+$/.test(word)) return word;
    const escaped = word.replaceAll(/[^\w :-]/g, (character) => {
      const code = character.charCodeAt(0).toString(16).padStart(2, '0');
      return `\\x${code}`;
    });
    return `"${escaped}"`;
  });
  return Buffer.from(`${quoted.join(' ')}\r\n`, 'latin1');
}

type Family = (rng: Rng) => readonly Words[];

function draw(rng: Rng): readonly Words[] {
  const families: readonly (readonly [weight: number, family: Family])[] = [
    [30, strings],
    [8, numbers],
    [14, hashes],
    [10, sets],
    [12, keys],
    [14, expiries],
    [5, transactions],
    [5, connection],
    [4, mistakes],
  ];
  let lot = rng.integer(
    1,
    families.reduce((sum, [weight]) => sum + weight, 0),
  );
  for (const [weight, family] of families) {
    lot -= weight;
    if (lot <= 0) return family(rng);
  }
  return strings(rng);
}

function strings(rng: Rng): readonly Words[] {
  const [key, other, text] = [keyOf(rng), keyOf(rng), textOf(rng)];
  return one(rng, [
    ['get', key],
    ['get', key],
    ['set', key, text],
    ['set', key, text, ...setOptions(rng)],
    ['set', key, text, ...setOptions(rng), ...setOptions(rng)],
    ['getset', key, text],
    ['getdel', key],
    ['getex', key],
    ['getex', key, pick(rng, ['persist', 'exat', 'PXAT', 'nope']), ...someTime(rng)],
    ['setnx', key, text],
    ['mget', key, other, keyOf(rng)],
    ['mset', key, text, other, textOf(rng)],
    ['mset', key, text, other],
    ['msetnx', key, text, other, textOf(rng)],
    ['append', key, text],
    ['strlen', key],
  ]);
}

function numbers(rng: Rng): readonly Words[] {
  const key = pick(rng, ['n1', 'n2', 'n3', 's1', 'h1']);
  return one(rng, [
    ['incr', key],
    ['decr', key],
    ['incrby', key, integerOf(rng)],
    ['decrby', key, integerOf(rng)],
    ['set', key, integerOf(rng)],
    ['get', key],
  ]);
}

function hashes(rng: Rng): readonly Words[] {
  const [key, field, other] = [keyOf(rng, 'h'), fieldOf(rng), fieldOf(rng)];
  return one(rng, [
    ['hset', key, field, textOf(rng)],
    ['hset', key, field, textOf(rng), other, textOf(rng)],
    ['hset', key, field, textOf(rng), other],
    ['hmset', key, field, textOf(rng)],
    ['hget', key, field],
    ['hmget', key, field, other, fieldOf(rng)],
    ['hdel', key, field, other],
    ['hexists', key, field],
    ['hlen', key],
    ['hgetall', key],
    ['hkeys', key],
    ['hvals', key],
  ]);
}

function sets(rng: Rng): readonly Words[] {
  const [key, member, other] = [keyOf(rng, 'm'), fieldOf(rng), integerOf(rng)];
  return one(rng, [
    ['sadd', key, member, other],
    ['sadd', key, member],
    ['srem', key, member, other, member],
    ['sismember', key, member],
    ['scard', key],
    ['smembers', key],
  ]);
}

function keys(rng: Rng): readonly Words[] {
  const [key, other] = [keyOf(rng), keyOf(rng)];
  if (rng.chance(0.02)) return one(rng, [['flushall'], ['flushdb', 'async'], ['flushdb']]);
  const pattern = pick(rng, [
    '*',
    '?1',
    's*',
    '[hm]*',
    '[^s]?',
    '[a-m]1',
    'k\\1',
    '*\xff*',
    '[m-a]*',
    '[s1',
    '**1',
  ]);
  if (rng.chance(0.1)) return [['keys', pattern]];
  if (rng.chance(0.15)) {
    const filter = pick(rng, [
      [],
      ['match', pattern],
      ['TYPE', pick(rng, ['string', 'hash', 'set', 'nope'])],
    ]);
    return [['scan', '0', 'count', '5000', ...filter]];
  }
  return one(rng, [
    ['del', key, other, key],
    ['unlink', key],
    ['exists', key, other, key],
    ['touch', key, other],
    ['type', key],
    ['rename', keyOf(rng), keyOf(rng)],
    ['renamenx', keyOf(rng), keyOf(rng)],
    ['dbsize'],
  ]);
}

/** Keys that begin with r are given a time from now; what is left then depends on the moment, so only its sign is compared. */
function expiries(rng: Rng): readonly Words[] {
  const [key, relative] = [keyOf(rng), `r${rng.integer(1, 3)}`];
  const condition = pick(rng, [
    [],
    [],
    ['nx'],
    ['XX'],
    ['gt'],
    ['LT'],
    ['nx', 'gt'],
    ['gt', 'lt'],
    ['nope'],
  ]);
  const presence = pick(rng, [[], [], ['nx'], ['xx']]);
  return one(rng, [
    ['set', relative, textOf(rng), pick(rng, ['ex', 'px']), longTime(rng)],
    ['setex', relative, pick(rng, ['1000', '0', '-5', 'x']), textOf(rng)],
    ['psetex', relative, pick(rng, ['5000000', '0']), textOf(rng)],
    ['expire', relative, longTime(rng), ...presence],
    ['pexpire', relative, longTime(rng), ...presence],
    ['getex', relative, 'EX', longTime(rng)],
    ['getex', key, 'ex', pick(rng, ['0', '-1', 'x'])],
    ['get', relative],
    ['ttl', pick(rng, [relative, key])],
    ['pttl', pick(rng, [relative, key])],
    ['expireat', key, ...someTime(rng), ...condition],
    ['pexpireat', key, ...someTime(rng), ...condition],
    ['expire', key, pick(rng, ['-1', '0', '9223372036854775807', 'soon'])],
    ['expiretime', key],
    ['pexpiretime', key],
    ['persist', pick(rng, [relative, key])],
  ]);
}

function transactions(rng: Rng): readonly Words[] {
  const [key, other] = [keyOf(rng), keyOf(rng)];
  return one(rng, [
    ['multi'],
    ['multi'],
    ['exec'],
    ['exec'],
    ['exec'],
    ['discard'],
    ['watch', key, other],
    ['unwatch'],
  ]);
}

function connection(rng: Rng): readonly Words[] {
  if (rng.chance(0.2)) {
    return [['hello', ...pick(rng, [[], ['2'], ['3'], ['3', 'setname', 'me']])]];
  }
  return one(rng, [
    ['ping'],
    ['ping', textOf(rng)],
    ['echo', textOf(rng)],
    ['select', pick(rng, ['0', '0', '1', '15', '16', '-1', 'x', '99999999999', '-2147483648'])],
    ['client', 'setname', pick(rng, ['me', '', 'a b', 'é'])],
    ['client', 'GETNAME'],
    ['client', 'no-evict', pick(rng, ['on', 'off', 'x'])],
    ['client', 'kill', 'id', pick(rng, ['999999999', 'x', '0'])],
    ['client', 'kill', pick(rng, ['1.2.3.4:5', 'nobody'])],
    ['config', 'get', pick(rng, ['save', 'databases', 'nope', 'maxmemory-policy'])],
    ['config', 'set', pick(rng, ['nope', 'nope\0x']), '1'],
    ['config', 'set', 'databases', '17'],
    ['command', 'info', 'nope'],
    ['reset'],
    ['auth', ...pick(rng, [['x'], ['default', 'x'], ['bob', 'x'], ['a', 'b', 'c']])],
    [
      'hello',
      ...pick(rng, [
        ['4'],
        ['x'],
        ['3', 'nope'],
        ['2', 'auth', 'bob', 'x'],
        ['3', 'setname', 'a b'],
      ]),
    ],
  ]);
}

function mistakes(rng: Rng): readonly Words[] {
  const long = 'x'.repeat(rng.integer(100, 300));
  return one(rng, [
    ['nope'],
    ['nope', textOf(rng), textOf(rng)],
    [long, long, long],
    ['no\r\npe', 'a\r\nb'],
    ['no\0pe', 'a\0b', 'c'],
    ['get'],
    ['get', 'a', 'b'],
    ['set', 'a'],
    ['ping', 'a', 'b'],
    ['client'],
    ['client', 'nope'],
    ['client', 'setname'],
    ['client', 'id', 'x'],
    ['config', 'nope'],
    ['config', 'get'],
    ['config', 'set', 'save'],
    ['scan', 'x'],
    ['scan', '0', 'count', pick(rng, ['0', '-1', 'x'])],
    ['scan', '0', pick(rng, ['nope', 'match'])],
    ['flushall', 'x'],
    ['flushdb', 'sync', 'x'],
    ['hset', 'h1', 'f'],
    ['mset', 'a'],
    ['multi', 'x'],
    ['select'],
    [''],
  ]);
}

function one(rng: Rng, choices: readonly (readonly string[])[]): readonly Words[] {
  const words = pick(rng, choices);
  // A SET with a time that has passed leaves a key that only goes when it is looked at, which DBSIZE would tell.
  return words[0] === 'set' ? [words, ['exists', words[1] ?? '']] : [words];
}

function setOptions(rng: Rng): readonly string[] {
  return pick(rng, [
    ['nx'],
    ['XX'],
    ['get'],
    ['keepttl'],
    ['nx', 'get'],
    ['xx', 'GET', 'keepttl'],
    ['nx', 'xx'],
    ['exat', ...someTime(rng)],
    ['PXAT', ...someTime(rng)],
    ['ex'],
    ['ex', '0'],
    ['px', '-1'],
    ['px', 'x'],
    ['ex', '9223372036854775807'],
    ['keepttl', 'ex', '10'],
    ['nope'],
  ]);
}

/** Times long past and long to come, so that the moment of asking does not matter. */
function someTime(rng: Rng): readonly string[] {
  return pick(rng, [
    ['1'],
    ['1000000000'],
    ['99999999999999'],
    ['99999999999999'],
    ['4102444800000'],
    ['9223372036854775807'],
    ['9223372036854775808'],
    ['-1'],
    ['0'],
    ['1.5'],
    [],
  ]);
}

function longTime(rng: Rng): string {
  return pick(rng, ['1000000', '5000000', '77777777', '9223372036854775807', '0x10']);
}

function keyOf(rng: Rng, family?: string): string {
  if (family !== undefined && rng.chance(0.85)) return `${family}${rng.integer(1, 3)}`;
  return pick(rng, ['s1', 's2', 's3', 's4', 'h1', 'm1', 'n1', 'k\xff\0\r\n', '']);
}

function fieldOf(rng: Rng): string {
  return pick(rng, ['f1', 'f2', 'f3', 'f\0\r\n\xfe', '', '7']);
}

function integerOf(rng: Rng): string {
  return pick(rng, [
    '1',
    '-1',
    '12345',
    '9223372036854775807',
    '-9223372036854775808',
    '9223372036854775808',
    '01',
    '+1',
    '-0',
    '1.0',
    ' 1',
    '',
    '4611686018427387904',
  ]);
}

function textOf(rng: Rng): string {
  if (rng.chance(0.15)) return integerOf(rng);
  const length = pick(rng, [0, 1, 7, 40, 70, 300, 20_000]);
  const seed = rng.integer(0, 255);
  return Array.from({ length }, (_, index) => String.fromCharCode((seed + index * 7) % 256)).join(
    '',
  );
}

function pick<Item>(rng: Rng, items: readonly Item[]): Item {
  return items[rng.integer(0, items.length - 1)] as Item;
}
