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
  | { readonly type: 'leave' };

const how = fc.constantFrom<CutKind>('fin', 'rst');
const timesMax = fc.integer({ min: 0, max: 4 });
const selector: fc.Arbitrary<ReplySelector> = fc.record(
  {
    commands: fc.constant(['GET']),
    keyPrefix: fc.constantFrom('key', 'key-1'),
    burstSizeMin: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: [] },
);
const small = fc.integer({ min: 0, max: 4 });
const rule: fc.Arbitrary<WireRule> = fc.oneof(
  fc.record({ type: fc.constant('cut-after-reply'), reply: small, how, selector, timesMax }),
  fc.record({
    type: fc.constant('cut-in-reply'),
    byte: fc.nat({ max: 40 }),
    how,
    selector,
    timesMax,
  }),
  fc.record({ type: fc.constant('cut-idle'), how, timesMax: small }),
  fc.record({ type: fc.constant('hold-reply'), forMs: fc.nat({ max: 50 }), selector, timesMax }),
);
const on = fc.integer({ min: 0, max: 2 });
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
  { weight: 1, arbitrary: fc.record({ type: fc.constant('leave') }) },
);

/** Everything is healed and nothing more is said: on a connection that still lives, everything has arrived. */
function judgeCalm(
  { client, server, repliesSaid, commandsSaid }: Exchange,
  isAllRead: boolean,
): void {
  const isAlive = client.ending === '';
  expect(isAlive ? client.text : repliesSaid).toBe(repliesSaid);
  expect(isAlive && isAllRead ? server.text : commandsSaid).toBe(commandsSaid);
}

/** One connection as its two ends know it: what each has said, whatever the wire made of it. */
interface Exchange {
  readonly client: Watched;
  readonly server: Watched;
  commandsSaid: string;
  repliesSaid: string;
  /** Begun replies that are not said to the end. */
  toSay: string;
  readonly payloads: string[];
  hasServerEnded: boolean;
}

function exchangeOn(bench: WireBench): Exchange {
  const said = { commandsSaid: '', repliesSaid: '', toSay: '' };
  return { ...bench.connect(), ...said, payloads: [], hasServerEnded: false };
}

const replyForms: readonly ((payload: string) => string)[] = [
  bulkOf,
  (payload) => `+${payload}\r\n`,
  (payload) => `*2\r\n:1\r\n${bulkOf(payload)}`,
  (payload) => `|1\r\n+ttl\r\n:1\r\n${bulkOf(payload)}`,
  () => '$-1\r\n',
];

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
  const due = exchange.server.text.split('GET').length - 1 - exchange.payloads.length;
  let replies = '';
  for (let index = 0; index < Math.min(count, due); index += 1) {
    const payload = `p${exchange.payloads.length}${'-'.repeat(exchange.payloads.length % 7)}`;
    const form = replyForms[exchange.payloads.length % replyForms.length] ?? bulkOf;
    exchange.payloads.push(payload);
    replies += form(payload);
  }
  const said = replies.slice(0, Math.max(0, replies.length - cutAt));
  exchange.toSay = replies.slice(said.length);
  if (said !== '') say(exchange, said);
}

async function happen(what: Happening, { exchanges, bench, installed }: Scene): Promise<void> {
  const exchange = 'on' in what ? exchanges[what.on] : undefined;
  switch (what.type) {
    case 'time':
      return bench.clock.advance(what.forMs);
    case 'install':
      installed.push(await bench.wire.install(`fault-${installed.length}`, what.rule));
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
    const first = exchange.commandsSaid.split('GET').length - 1;
    const keys = Array.from({ length: what.count }, (_, index) => `key-${first + index}`);
    const text = keys.map((key) => commandOf('GET', key)).join('');
    exchange.commandsSaid += text;
    client.socket.write(Uint8Array.from(Buffer.from(text, 'latin1')));
    return;
  }
  if (exchange.hasServerEnded) return;
  if (what.type === 'replies') sayReplies(exchange, what);
  if (what.type === 'rest-of-reply') sayRest(exchange);
  if (what.type === 'push' && exchange.toSay === '') say(exchange, '>1\r\n+push\r\n');
  if (what.type === 'server-ends') {
    exchange.hasServerEnded = true;
    if (what.how === 'fin') server.socket.end();
    else server.socket.resetAndDestroy();
  }
}

interface Scene {
  readonly bench: WireBench;
  readonly exchanges: readonly Exchange[];
  readonly installed: InstalledRule[];
}

function judge(exchange: Exchange, rows: readonly WireRow[]): void {
  const { client, server, repliesSaid, commandsSaid } = exchange;
  // The law of the wire, in both directions.
  expect(repliesSaid.startsWith(client.text)).toBe(true);
  expect(commandsSaid.startsWith(server.text)).toBe(true);
  // The rows tell the same story.
  expect(rows.map(({ position }) => position)).toEqual(rows.map((_, index) => index + 1));
  rows.forEach(({ key, replyDigest, fate, replyNs }, index) => {
    expect(key).toBe(`key-${index}`);
    expect(replyDigest ?? `p${index}`).toBe(`p${index}`);
    expect(replyNs === null).toBe(fate === 'cut' || fate === 'lost');
  });
  const fates = rows.map(({ fate }) => fate);
  const passed = fates.filter((fate) => fate === 'delivered' || fate === 'held').length;
  expect(fates.slice(0, passed).every((fate) => fate === 'delivered' || fate === 'held')).toBe(
    true,
  );
}

/** Instead of a digest: which of the replies these bytes are. */
const nameIn = (bytes: Uint8Array): string =>
  /p\d+/u.exec(Buffer.from(bytes).toString('latin1'))?.[0] ?? 'none';

const scene = fc.record({
  happenings: fc.array(happening, { minLength: 1, maxLength: 40, size: 'max' }),
  readSizes: fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 6 }),
  unreadBytesMax: fc.constantFrom(40, 200, 100_000),
  heldBytesMax: fc.constantFrom(10, 100_000),
  outstandingMax: fc.constantFrom(2, 100_000),
});

test('whatever the rules and the chunks, a client is given a prefix of what the server said', async () => {
  let bites = 0;
  let alive = 0;
  await fc.assert(
    fc.asyncProperty(scene, async ({ happenings, readSizes, unreadBytesMax, ...limits }) => {
      let reads = 0;
      const readBytesMax = (): number => readSizes[(reads += 1) % readSizes.length] ?? 1;
      const bench = wireBench({ pair: { readBytesMax, unreadBytesMax }, limits, digest: nameIn });
      const exchanges = [0, 1, 2].map(() => exchangeOn(bench));
      const installed: InstalledRule[] = [];
      for (const what of happenings) await happen(what, { bench, exchanges, installed });
      for (const one of installed) await one[Symbol.asyncDispose]();
      for (const exchange of exchanges) {
        exchange.client.socket.resume();
        if (!exchange.hasServerEnded) sayRest(exchange);
      }
      await bench.clock.advance(10_000);
      for (const exchange of exchanges) judgeCalm(exchange, limits.outstandingMax > 1_000);
      alive += exchanges.filter(({ client }) => client.ending === '').length;
      await bench.wire.close();
      await bench.clock.settle();
      exchanges.forEach((exchange, index) => {
        const rows = bench.replies.filter(({ connection }) => connection === index + 1);
        judge(
          exchange,
          rows.sort((a, b) => a.position - b.position),
        );
      });
      expect(bench.connections).toHaveLength(3);
      bites += installed.reduce((sum, one) => sum + one.bit(), 0);
    }),
    { numRuns: 400, seed: 20_240_216 },
  );
  // A property about rules that never acted would say nothing.
  expect(bites).toBeGreaterThan(200);
  expect(alive).toBeGreaterThan(200);
});
