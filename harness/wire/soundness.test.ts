import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CutKind, ReplySelector, WireRule } from '../model/fault.ts';
import type { WireRow } from '../model/rows.ts';
import type { InstalledRule } from './proxy.ts';
import { bulkOf, commandOf, type Watched, type WireBench, wireBench } from './wire-bench.ts';

/** What happens next, on one of the connections where one is meant. */
type Happening =
  | { readonly type: 'commands'; readonly on: number; readonly count: number }
  | {
      readonly type: 'replies';
      readonly on: number;
      readonly count: number;
      readonly cutAt: number;
    }
  | { readonly type: 'push'; readonly on: number }
  | { readonly type: 'rest-of-reply'; readonly on: number }
  | { readonly type: 'server-ends'; readonly on: number; readonly how: CutKind }
  | { readonly type: 'client-pauses' | 'client-resumes'; readonly on: number }
  | { readonly type: 'time'; readonly forMs: number }
  | { readonly type: 'install'; readonly rule: WireRule }
  | { readonly type: 'connect' }
  | { readonly type: 'leave' };

const how = fc.constantFrom<CutKind>('fin', 'rst');
const small = fc.integer({ min: 0, max: 4 });
const window = fc.record({ fromMs: fc.nat({ max: 40 }), untilMs: fc.nat({ max: 120 }) });
const timesMax = fc.integer({ min: 0, max: 6 });
const budget = fc.oneof(
  { weight: 3, arbitrary: fc.record({ timesMax }) },
  fc.record({ timesMax, window }),
);
const narrow: fc.Arbitrary<ReplySelector> = fc.record(
  {
    commands: fc.constant(['GET']),
    keyPrefix: fc.constantFrom('key', 'key-1'),
    keyPattern: fc.constantFrom('*', 'key-?', '*1*'),
    burstSizeMin: fc.integer({ min: 1, max: 4 }),
    connections: fc.constantFrom([1], [2, 3]),
    positionMin: fc.integer({ min: 1, max: 6 }),
    positionMax: fc.integer({ min: 1, max: 20 }),
    nth: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: [] },
);
const selector = fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, narrow);
const forMs = fc.nat({ max: 50 });
const offsets = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 4 });
const says = fc.constantFrom('nothing' as const, 'max-clients' as const);
const someConnections = fc.constantFrom([1, 2], [3]);
const ruleFields = {
  'cut-after-reply': { reply: small, how, selector },
  'cut-before-reply': { reply: small, how, selector },
  'cut-in-array': { elements: small, how, selector },
  'cut-between-values': { values: fc.integer({ min: 2, max: 4 }), how, selector },
  'cut-in-reply': { byte: fc.nat({ max: 40 }), how, selector },
  'cut-idle': { how },
  'hold-reply': { forMs, selector },
  'stall-handshake': { replies: small, forMs },
  'slow-replies': { bytesPerSecond: fc.integer({ min: 1, max: 5_000 }), selector },
  'split-replies': { offsets, gapMs: fc.nat({ max: 20 }), selector },
  'error-reply': { error: fc.constant('LOADING'), selector },
  'stop-reading': { connections: someConnections },
  'refuse-connections': { how },
  'refuse-new-connections': {},
  'black-hole-connections': {},
  'close-new-connections': { how, says },
  'delay-bytes': { delayMs: forMs, jitterMs: forMs, selector },
  'delay-close': { delayMs: forMs },
  'drop-bytes': { closeAfterMs: fc.constantFrom(null, 1, 30), connections: someConnections },
  'reset-on-bytes': { afterMs: forMs, selector },
  'slice-bytes': {
    bytes: fc.integer({ min: 3, max: 20 }),
    variationBytes: fc.nat({ max: 2 }),
    gapMs: fc.nat({ max: 20 }),
    selector,
  },
  'limit-bytes': { bytes: fc.nat({ max: 60 }), connections: someConnections },
} satisfies Record<WireRule['type'], Record<string, fc.Arbitrary<unknown>>>;
const ruleNames = Object.keys(ruleFields) as WireRule['type'][];
/** A closed port ends a scene, more or less, and few connections are opened while something is installed. */
const weights: Readonly<Record<string, number>> = { 'stall-handshake': 12 };
const weightOf = (type: WireRule['type']): number =>
  weights[type] ?? (type.endsWith('connections') ? 1 : 4);
const ruleName = fc.oneof(
  ...ruleNames.map((type) => ({ weight: weightOf(type), arbitrary: fc.constant(type) })),
);
const rule: fc.Arbitrary<WireRule> = ruleName.chain((type) => {
  const fields: Record<string, fc.Arbitrary<unknown>> = {
    type: fc.constant(type),
    ...ruleFields[type],
  };
  return fc
    .tuple(fc.record(fields), budget)
    .map((parts) => Object.assign({}, ...parts) as unknown as WireRule);
});
const on = fc.nat({ max: 5 });
const cutAt = fc.nat({ max: 30 });
const count = fc.integer({ min: 1, max: 5 });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('commands'), on, count }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('replies'), on, count, cutAt }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('rest-of-reply'), on }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('push'), on }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('server-ends'), on, how }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom('client-pauses', 'client-resumes'), on }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('time'), forMs: fc.nat({ max: 60 }) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('install'), rule }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('connect') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('leave') }) },
);

const push = '>1\r\n+push\r\n';
const error = '-LOADING Redis is loading the dataset in memory\r\n';
const noRoom = '-ERR max number of clients reached\r\n';

/** One connection as its two ends know it: what each has said, whatever the wire made of it. */
interface Exchange {
  readonly client: Watched;
  readonly server: Watched;
  /** The wire's ordinal; null when the connection was not served at once. */
  readonly ordinal: number | null;
  commandsSaid: number;
  repliesSaid: string;
  /** Begun replies that are not said to the end. */
  toSay: string;
  /** Which commands the server has answered, or begun to. */
  readonly answered: number[];
  hasServerEnded: boolean;
}

function exchangeOn(bench: WireBench): Exchange {
  const { accepted, open } = bench.wire.counters();
  const ends = bench.connect();
  const now = bench.wire.counters();
  const ordinal = now.open > open ? now.accepted : null;
  const said = { commandsSaid: 0, repliesSaid: '', toSay: '' };
  expect(now.accepted - accepted).toBeLessThanOrEqual(1);
  return { ...ends, ...said, ordinal, answered: [], hasServerEnded: false };
}

const replyForms: readonly ((payload: string) => string)[] = [
  bulkOf,
  (payload) => `+${payload}\r\n`,
  (payload) => `*3\r\n:1\r\n*1\r\n+x\r\n${bulkOf(payload)}`,
  (payload) => `|1\r\n+ttl\r\n:1\r\n${bulkOf(payload)}`,
  () => '_\r\n',
];

/** What a correct server says to command n, when it serves it. */
function replyTo(n: number): string {
  const form = replyForms[n % replyForms.length] ?? bulkOf;
  return form(`p${n}${'.'.repeat(n % 7)}`);
}

const commandAt = (n: number): string => commandOf('GET', `key-${n}`);

/** The commands that have reached the server whole. */
function forwarded({ server }: Exchange): number[] {
  return Array.from(server.text.matchAll(/key-(\d+)\r\n/gu), ([, n]) => Number(n));
}

function say(exchange: Exchange, text: string): void {
  exchange.repliesSaid += text;
  exchange.server.socket.write(Uint8Array.from(Buffer.from(text, 'latin1')));
}

function sayRest(exchange: Exchange): void {
  if (exchange.toSay !== '') say(exchange, exchange.toSay);
  exchange.toSay = '';
}

function sayReplies(exchange: Exchange, { count, cutAt }: { count: number; cutAt: number }): void {
  sayRest(exchange);
  const { length } = exchange.answered;
  const due = forwarded(exchange).slice(length, length + count);
  exchange.answered.push(...due);
  const replies = due.map(replyTo).join('');
  const said = replies.slice(0, Math.max(0, replies.length - cutAt));
  exchange.toSay = replies.slice(said.length);
  if (said !== '') say(exchange, said);
}

async function happen(what: Happening, { exchanges, bench, installed }: Scene): Promise<void> {
  const exchange = 'on' in what ? exchanges[what.on % exchanges.length] : undefined;
  switch (what.type) {
    case 'time':
      return bench.clock.advance(what.forMs);
    case 'install':
      installed.push(await bench.wire.install(`fault-${installed.length}`, what.rule));
      return bench.clock.settle();
    case 'connect':
      if (exchanges.length < 6) exchanges.push(exchangeOn(bench));
      return bench.clock.settle();
    case 'leave':
      return installed.at(-1)?.[Symbol.asyncDispose]();
    case 'commands':
    case 'replies':
    case 'rest-of-reply':
    case 'push':
    case 'server-ends':
    case 'client-pauses':
    case 'client-resumes':
      if (exchange !== undefined) happenOn(what, exchange);
      return bench.clock.settle();
    default:
      what satisfies never;
  }
}

function happenOn(what: Extract<Happening, { on: number }>, exchange: Exchange): void {
  const { client, server } = exchange;
  if (what.type === 'client-pauses') return client.socket.pause();
  if (what.type === 'client-resumes') return client.socket.resume();
  if (what.type === 'commands') {
    const first = exchange.commandsSaid;
    const text = Array.from({ length: what.count }, (_, index) => commandAt(first + index)).join(
      '',
    );
    exchange.commandsSaid += what.count;
    client.socket.write(Uint8Array.from(Buffer.from(text, 'latin1')));
    return;
  }
  if (exchange.hasServerEnded) return;
  if (what.type === 'replies') sayReplies(exchange, what);
  if (what.type === 'rest-of-reply') sayRest(exchange);
  if (what.type === 'push' && exchange.toSay === '') say(exchange, push);
  if (what.type === 'server-ends') {
    exchange.hasServerEnded = true;
    if (what.how === 'fin') server.socket.end();
    else server.socket.resetAndDestroy();
  }
}

interface Scene {
  readonly bench: WireBench;
  readonly exchanges: Exchange[];
  readonly installed: InstalledRule[];
}

/** All of the text but what is whole of a part, and of a beginning of one at the end. `mark` stands nowhere else. */
function without(text: string, part: string, mark: string): string {
  const rest = text.replaceAll(part, '');
  const at = rest.lastIndexOf(mark);
  expect(at === -1 || part.startsWith(rest.slice(at))).toBe(true);
  return at === -1 ? rest : rest.slice(0, at);
}

/** Turned away, or made to wait and then served by a server that says nothing: only rules have spoken, if anybody has. */
function judgeUnserved({ client, commandsSaid }: Exchange): void {
  expect([noRoom, error.repeat(commandsSaid)].some((said) => said.startsWith(client.text))).toBe(
    true,
  );
}

/** The law of the wire, in both directions. */
function judgeStreams(exchange: Exchange, mayRefuse: boolean): void {
  const { client, server, repliesSaid, commandsSaid } = exchange;
  const all = Array.from({ length: commandsSaid }, (_, n) => n);
  const reached = new Set(forwarded(exchange));
  const passedOn = [...reached].map(commandAt).join('');
  const next = all.filter((n) => n > Math.max(-1, ...reached)).map(commandAt);
  expect([...reached]).toEqual([...reached].toSorted((one, other) => one - other));
  expect(server.text.startsWith(passedOn)).toBe(true);
  const begun = server.text.slice(passedOn.length);
  expect(begun === '' || next.some((command) => command.startsWith(begun))).toBe(true);
  const exactly = [
    all.map(commandAt).join('').startsWith(server.text),
    repliesSaid.startsWith(client.text),
  ];
  expect(mayRefuse || exactly.every(Boolean)).toBe(true);
  // What the server said arrives as it was said, and each error stands where the reply to its command would.
  expect(repliesSaid.startsWith(without(client.text, error, '-'))).toBe(true);
  const correct = all.map((n) => (reached.has(n) ? replyTo(n) : error)).join('');
  expect(correct.startsWith(without(client.text, push, '>'))).toBe(true);
}

/** Everything is healed and nothing more is said: on a connection that still lives, everything has arrived. */
function judgeCalm(exchange: Exchange, { isAllRead }: { readonly isAllRead: boolean }): void {
  const { client, repliesSaid, commandsSaid, answered } = exchange;
  if (client.ending !== '') return;
  const reached = new Set(forwarded(exchange));
  const done = new Set(answered);
  const all = Array.from({ length: commandsSaid }, (_, n) => n);
  const firstDue = all.findIndex((n) => reached.has(n) && !done.has(n));
  const settled = firstDue === -1 ? all : all.slice(0, firstDue);
  const correct = settled.map((n) => (reached.has(n) ? replyTo(n) : error)).join('');
  const received = without(client.text, push, '>');
  expect([without(client.text, error, '-'), isAllRead ? received : correct]).toEqual([
    repliesSaid,
    correct,
  ]);
}

/** The rows tell the same story. */
function judgeRows(exchange: Exchange, rows: readonly WireRow[]): void {
  const reached = new Set(forwarded(exchange));
  expect(rows.map(({ position }) => position)).toEqual(rows.map((_, index) => index + 1));
  rows.forEach(({ key, replyDigest, fate, replyNs }, index) => {
    expect(key).toBe(`key-${index}`);
    const isRight =
      fate === 'refused' ? !reached.has(index) : (replyDigest ?? `p${index}`) === `p${index}`;
    expect(isRight).toBe(true);
    expect(replyNs === null).toBe(fate === 'cut' || fate === 'lost');
  });
  const arrived = rows.map(({ fate }) => ['delivered', 'held', 'refused'].includes(fate));
  const { length: passed } = arrived.filter(Boolean);
  expect(arrived.slice(0, passed).every(Boolean)).toBe(true);
}

/** A scene, as fast-check draws it. */
interface Play {
  readonly first: readonly WireRule[];
  readonly happenings: readonly Happening[];
  readonly readSizes: readonly number[];
  readonly unreadBytesMax: number;
  readonly heldBytesMax: number;
  readonly outstandingMax: number;
}

/** Instead of a digest: which of the replies these bytes are. */
const nameIn = (bytes: Uint8Array): string =>
  /p\d+/u.exec(Buffer.from(bytes).toString('latin1'))?.[0] ?? 'none';

const scene: fc.Arbitrary<Play> = fc.record({
  first: fc.array(rule, { maxLength: 2 }),
  happenings: fc.array(happening, { minLength: 1, maxLength: 40, size: 'max' }),
  readSizes: fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 6 }),
  unreadBytesMax: fc.constantFrom(40, 200, 100_000),
  heldBytesMax: fc.constantFrom(10, 100_000),
  outstandingMax: fc.constantFrom(2, 100_000),
});

const listener = {
  close: async (): Promise<void> => undefined,
  open: async (): Promise<void> => undefined,
};

/** Plays a scene, judges it, and says how it went. */
async function judgeScene({
  first,
  happenings,
  readSizes,
  unreadBytesMax,
  ...limits
}: Play): Promise<{
  readonly alive: number;
  readonly bites: readonly (readonly [WireRule['type'], number])[];
}> {
  let reads = 0;
  const readBytesMax = (): number => readSizes[(reads += 1) % readSizes.length] ?? 1;
  const bench = wireBench({
    pair: { readBytesMax, unreadBytesMax },
    limits,
    listener,
    digest: nameIn,
  });
  const exchanges = [0, 1, 2].map(() => exchangeOn(bench));
  const installed: InstalledRule[] = [];
  const openings = first.map((rule): Happening => ({ type: 'install', rule }));
  const all = [...openings, ...happenings];
  for (const what of all) await happen(what, { bench, exchanges, installed });
  for (const one of installed) await one[Symbol.asyncDispose]();
  for (const exchange of exchanges) {
    exchange.client.socket.resume();
    if (!exchange.hasServerEnded) sayRest(exchange);
  }
  await bench.clock.advance(10_000);
  const rules = all.filter((one) => one.type === 'install').map((one) => one.rule.type);
  const served = exchanges.filter(({ ordinal }) => ordinal !== null);
  for (const exchange of exchanges) if (exchange.ordinal === null) judgeUnserved(exchange);
  for (const exchange of served) {
    judgeStreams(exchange, rules.includes('error-reply'));
    judgeCalm(exchange, { isAllRead: limits.outstandingMax > 1_000 });
  }
  const alive = served.filter(({ client }) => client.ending === '').length;
  await bench.wire.close();
  await bench.clock.settle();
  for (const exchange of served) {
    const rows = bench.replies.filter(({ connection }) => connection === exchange.ordinal);
    judgeRows(
      exchange,
      rows.toSorted((one, other) => one.position - other.position),
    );
  }
  expect(bench.connections).toHaveLength(bench.wire.counters().accepted);
  return { alive, bites: rules.map((type, index) => [type, installed[index]?.bit() ?? 0]) };
}

test('whatever the rules and the chunks, a client is given a prefix of what a correct server says', async () => {
  const bites = new Map<string, number>();
  let alive = 0;
  const play = async (one: Play): Promise<void> => {
    const went = await judgeScene(one);
    alive += went.alive;
    for (const [type, count] of went.bites) bites.set(type, (bites.get(type) ?? 0) + count);
  };
  await fc.assert(fc.asyncProperty(scene, play), { numRuns: 2_500, seed: 20_240_216 });
  // A property about rules that never acted would say nothing.
  expect(ruleNames.filter((type) => (bites.get(type) ?? 0) < 10)).toEqual([]);
  expect(alive).toBeGreaterThan(2_500);
});
