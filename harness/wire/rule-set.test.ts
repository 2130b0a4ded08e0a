import { describe, expect, test } from 'vitest';
import type { CutKind, WireRule } from '../model/fault.ts';
import { bulkOf, commandOf, type Watched, type WireBench, wireBench } from './wire-bench.ts';

type RuleOf<Type extends WireRule['type']> = Extract<WireRule, { type: Type }>;

const get = (key: string): string => commandOf('GET', key);
const gets = (...keys: string[]): string => keys.map(get).join('');
const values = (...keys: string[]): string => keys.map((key) => bulkOf(`value ${key}`)).join('');

const cutAfter = (rule: Partial<RuleOf<'cut-after-reply'>>): WireRule => ({
  type: 'cut-after-reply',
  reply: 1,
  how: 'fin',
  selector: {},
  timesMax: 1,
  ...rule,
});
const cutIn = (rule: Partial<RuleOf<'cut-in-reply'>>): WireRule => ({
  type: 'cut-in-reply',
  byte: 3,
  how: 'fin',
  selector: {},
  timesMax: 1,
  ...rule,
});
const hold = (rule: Partial<RuleOf<'hold-reply'>>): WireRule => ({
  type: 'hold-reply',
  forMs: 100,
  selector: {},
  timesMax: 1,
  ...rule,
});
const idle = (how: CutKind, timesMax: number): WireRule => ({ type: 'cut-idle', how, timesMax });

async function exchange(
  { connect, send, clock }: WireBench,
  commands: string,
  replies: string,
): Promise<{ readonly client: Watched; readonly server: Watched }> {
  const { client, server } = connect();
  await send(client, commands);
  await send(server, replies);
  await clock.advance(20);
  return { client, server };
}

const fates = ({ replies }: WireBench): unknown[] =>
  replies.map(({ key, fate, faultId, replyBytes }) => [key, fate, faultId, replyBytes]);

describe('cut-after-reply', () => {
  test.each([0, 1, 2, 3])('%i replies of the burst arrive, and then the end', async (reply) => {
    const bench = wireBench();
    const installed = await bench.wire.install('cut-1', cutAfter({ reply }));
    const { client } = await exchange(bench, gets('a', 'b', 'c'), values('a', 'b', 'c'));
    const keys = ['a', 'b', 'c'];
    expect(client.text).toBe(values(...keys.slice(0, reply)));
    expect(client.ending).toBe('end');
    expect(fates(bench)).toEqual(
      keys.map((key, index) =>
        index < reply ? [key, 'delivered', null, 13] : [key, 'cut', 'cut-1', null],
      ),
    );
    expect(bench.connections).toMatchObject([
      { closedBy: 'rule', how: 'fin', faultId: 'cut-1', outstanding: 3 - reply },
    ]);
    expect(installed.bit()).toBe(1);
  });

  test('a rule that has acted as often as it may leaves the next ones their turn', async () => {
    const bench = wireBench();
    const first = await bench.wire.install('cut-1', cutAfter({ reply: 2 }));
    const second = await bench.wire.install('cut-2', cutAfter({ reply: 2 }));
    for (const round of ['a', 'b', 'c']) {
      await exchange(bench, gets(round, round, round), values(round, round, round));
    }
    expect([first.bit(), second.bit()]).toEqual([1, 1]);
    expect(bench.connections.map(({ faultId }) => faultId)).toEqual(['cut-1', 'cut-2']);
  });

  test('a cut is the end of the server connection too', async () => {
    const bench = wireBench();
    await bench.wire.install('cut-1', cutAfter({}));
    const { server } = await exchange(bench, gets('a', 'b'), values('a', 'b'));
    expect(server.ending).toBe('end');
  });

  test('it acts as soon as the last reply before the cut is there', async () => {
    const bench = wireBench();
    await bench.wire.install('cut-1', cutAfter({ reply: 1 }));
    const { client } = await exchange(bench, gets('a', 'b'), values('a'));
    expect(client).toMatchObject({ text: values('a'), ending: 'end' });
  });

  test('smaller bursts, other commands and other keys are left alone', async () => {
    const bench = wireBench();
    const selector = { burstSizeMin: 3, commands: ['GET'], keyPrefix: 'thumb:' };
    const installed = await bench.wire.install('cut-1', cutAfter({ reply: 2, selector }));
    const [x, y, z] = ['thumb:x', 'thumb:y', 'thumb:z'] as const;
    const small = await exchange(bench, gets(x, y), values(x, y));
    const others = await exchange(bench, gets('a', 'b', 'c'), values('a', 'b', 'c'));
    const deletes = [x, y, z].map((key) => commandOf('DEL', key)).join('');
    const other = await exchange(bench, deletes, ':1\r\n:1\r\n:1\r\n');
    expect([small, others, other].map(({ client }) => client.ending)).toEqual(['', '', '']);
    expect(installed.bit()).toBe(0);
    const { client } = await exchange(bench, gets(x, y, z), values(x, y, z));
    expect(client).toMatchObject({ text: values(x, y), ending: 'end' });
    expect(installed.bit()).toBe(1);
  });

  test('replies are counted within the run, also when others share the burst', async () => {
    const bench = wireBench();
    const selector = { keyPrefix: 'thumb:', burstSizeMin: 3 };
    await bench.wire.install('cut-1', cutAfter({ reply: 2, selector }));
    const keys = ['session', 'thumb:w', 'user', 'thumb:x', 'thumb:y', 'thumb:z'];
    const { client } = await exchange(bench, gets(...keys), values(...keys));
    expect(client).toMatchObject({ text: values(...keys.slice(0, 5)), ending: 'end' });
  });

  test('timesMax bounds the cuts over all connections', async () => {
    const bench = wireBench();
    const installed = await bench.wire.install('cut-1', cutAfter({ timesMax: 2 }));
    const three = [bench.connect(), bench.connect(), bench.connect()];
    for (const { client } of three) await bench.send(client, gets('a', 'b'));
    for (const { server } of three) await bench.send(server, values('a', 'b'));
    expect(three.map(({ client }) => client.ending)).toEqual(['end', 'end', '']);
    expect(three[2]?.client.text).toBe(values('a', 'b'));
    expect(installed.bit()).toBe(2);
  });

  test('once it was left it cuts nothing, also not the reply that it had chosen', async () => {
    const bench = wireBench();
    const installed = await bench.wire.install('cut-1', cutAfter({}));
    const { client, server } = bench.connect();
    await bench.send(client, gets('a', 'b'));
    await bench.send(server, values('a').slice(0, 5));
    await installed[Symbol.asyncDispose]();
    await bench.send(server, values('a', 'b').slice(5));
    expect(client).toMatchObject({ text: values('a', 'b'), ending: '' });
    expect(installed.bit()).toBe(0);
  });

  test('before an RST a slow client gets resetDelayMs to read what was sent', async () => {
    const bench = wireBench({ limits: { resetDelayMs: 5 } });
    await bench.wire.install('cut-1', cutAfter({ reply: 2, how: 'rst' }));
    const { client, server } = bench.connect();
    await bench.send(client, gets('a', 'b', 'c'));
    client.socket.pause();
    await bench.send(server, values('a', 'b', 'c'));
    await bench.clock.advance(4);
    client.socket.resume();
    await bench.clock.advance(10);
    expect(client).toMatchObject({ text: values('a', 'b'), ending: 'ECONNRESET' });
    expect(bench.connections).toMatchObject([{ closedBy: 'rule', how: 'rst', closedNs: 5e6 }]);
  });

  test('a client that reads nothing puts its reset off by flushMsMax at most', async () => {
    const bench = wireBench({
      limits: { resetDelayMs: 5, flushMsMax: 50 },
      pair: { holdsTaken: true },
    });
    await bench.wire.install('cut-1', cutAfter({ how: 'rst' }));
    const { client, server } = bench.connect();
    await bench.send(client, gets('a', 'b'));
    client.socket.pause();
    await bench.send(server, values('a', 'b'));
    await bench.clock.advance(54);
    expect(client.ending).toBe('');
    await bench.clock.advance(1);
    expect(client.ending).toBe('ECONNRESET');
  });

  test('a FIN does not turn into an RST by what the client still says', async () => {
    const bench = wireBench({ limits: { outstandingMax: 3 } });
    await bench.wire.install('cut-1', cutAfter({ reply: 2, selector: { burstSizeMin: 3 } }));
    const { client, server } = bench.connect();
    await bench.send(client, gets('a', 'b', 'c'));
    await bench.send(client, gets('unread at the cut'));
    client.socket.pause();
    await bench.send(server, values('a', 'b', 'c'));
    await bench.send(client, gets('said after it'));
    client.socket.resume();
    await bench.clock.settle();
    expect(client).toMatchObject({ text: values('a', 'b'), ending: 'end' });
    expect(server.text).toBe(gets('a', 'b', 'c'));
    expect(bench.wire.counters().open).toBe(1);
    client.socket.end();
    await bench.clock.settle();
    expect(bench.wire.counters().open).toBe(0);
  });

  test('a client that had to wait for a server that does not read is read again after a FIN', async () => {
    const bench = wireBench({ pair: { unreadBytesMax: 30 } });
    await bench.wire.install('cut-1', cutAfter({}));
    const { client, server } = bench.connect();
    server.socket.pause();
    await bench.send(client, gets('a', 'b'));
    await bench.send(client, gets('c'));
    expect(client.socket.peer?.unreadBytes).toBe(gets('c').length);
    await bench.send(server, values('a'));
    expect(client.socket.peer?.unreadBytes).toBe(0);
    expect(client).toMatchObject({ text: values('a'), ending: 'end' });
  });

  test('what the client says after the cut reaches nobody', async () => {
    const bench = wireBench();
    await bench.wire.install('cut-1', cutAfter({ how: 'rst' }));
    const { client, server } = bench.connect();
    await bench.send(client, gets('a', 'b'));
    await bench.send(server, values('a'));
    await bench.send(client, get('late'));
    await bench.clock.advance(20);
    expect(server.text).toBe(gets('a', 'b'));
    expect(client.ending).toBe('ECONNRESET');
  });
});

describe('cut-in-reply', () => {
  const reply = values('a');

  test('at every byte of a reply, exactly so many bytes arrive, however the chunks are cut', async () => {
    for (const readBytesMax of [1, 3, 1_000]) {
      for (let byte = 0; byte < reply.length; byte += 1) {
        const bench = wireBench({ pair: { readBytesMax: () => readBytesMax } });
        const selector = { keyPrefix: 'a' };
        const installed = await bench.wire.install('cut-1', cutIn({ byte, selector }));
        const { client } = await exchange(bench, gets('x', 'a', 'b'), values('x', 'a', 'b'));
        expect(client.text).toBe(values('x') + reply.slice(0, byte));
        expect(client.ending).toBe('end');
        expect(installed.bit()).toBe(1);
        expect(fates(bench)).toEqual([
          ['x', 'delivered', null, 13],
          byte === 0 ? ['a', 'cut', 'cut-1', null] : ['a', 'cut-inside', 'cut-1', byte],
          ['b', 'cut', 'cut-1', null],
        ]);
        expect(bench.connections).toMatchObject([{ outstanding: 2 }]);
      }
    }
  });

  test('a reply that is no longer than that passes, and does not count', async () => {
    const bench = wireBench();
    const installed = await bench.wire.install('cut-1', cutIn({ byte: reply.length }));
    const { client } = await exchange(bench, gets('a', 'a'), reply + reply);
    expect(client).toMatchObject({ text: reply + reply, ending: '' });
    expect(installed.bit()).toBe(0);
  });

  test('by RST the bytes before the cut arrive as well', async () => {
    const bench = wireBench();
    await bench.wire.install('cut-1', cutIn({ byte: 7, how: 'rst' }));
    const { client } = await exchange(bench, get('a'), reply);
    expect(client).toMatchObject({ text: reply.slice(0, 7), ending: 'ECONNRESET' });
  });
});

describe('cut-idle', () => {
  test.each([
    ['fin' as const, 'end'],
    ['rst' as const, 'ECONNRESET'],
  ])('a %s for the connections that are idle, and not for the busy one', async (how, ending) => {
    const bench = wireBench();
    const untouched = bench.connect();
    const idleOne = await exchange(bench, get('a'), values('a'));
    const busy = bench.connect();
    await bench.send(busy.client, get('b'));
    const half = bench.connect();
    await bench.send(half.client, get('b').slice(0, 10));
    const installed = await bench.wire.install('idle-1', idle(how, 9));
    await bench.clock.advance(20);
    const ends = [untouched, idleOne, busy, half].map(({ client }) => client.ending);
    expect(ends).toEqual([ending, ending, '', '']);
    expect(installed.bit()).toBe(2);
    await bench.send(busy.server, values('b'));
    await bench.clock.advance(20);
    expect(busy.client).toMatchObject({ text: values('b'), ending });
    expect(installed.bit()).toBe(3);
  });

  test('a new connection is left alone until it has had an answer', async () => {
    const bench = wireBench();
    await bench.wire.install('idle-1', idle('fin', 9));
    const { client, server } = bench.connect();
    await bench.send(server, '>1\r\n+x\r\n');
    expect(client.ending).toBe('');
    await bench.send(client, get('a'));
    await bench.send(server, values('a'));
    expect(client.ending).toBe('end');
  });

  test('timesMax bounds it', async () => {
    const bench = wireBench();
    const three = [bench.connect(), bench.connect(), bench.connect()];
    const installed = await bench.wire.install('idle-1', idle('fin', 2));
    await bench.clock.settle();
    expect(three.map(({ client }) => client.ending)).toEqual(['end', 'end', '']);
    expect(installed.bit()).toBe(2);
  });
});

describe('hold-reply', () => {
  test('a held reply and all behind it arrive after forMs, in order', async () => {
    const bench = wireBench();
    const installed = await bench.wire.install('hold-1', hold({ selector: { keyPrefix: 'b' } }));
    const { client, server } = bench.connect();
    await bench.send(client, gets('a', 'b', 'c', 'd'));
    await bench.send(server, values('a', 'b', 'c'));
    await bench.clock.advance(60);
    await bench.send(server, values('d'));
    await bench.clock.advance(39);
    expect(client.text).toBe(values('a'));
    await bench.clock.advance(1);
    expect(client.text).toBe(values('a', 'b', 'c', 'd'));
    expect(installed.bit()).toBe(1);
    expect(
      bench.replies.map(({ key, fate, faultId, replyNs }) => [key, fate, faultId, replyNs]),
    ).toEqual([
      ['a', 'delivered', null, 0],
      ['b', 'held', 'hold-1', 100e6],
      ['c', 'held', 'hold-1', 100e6],
      ['d', 'held', 'hold-1', 100e6],
    ]);
  });

  test('when the hold is over, later replies go straight through', async () => {
    const bench = wireBench();
    await bench.wire.install('hold-1', hold({}));
    const { client, server } = await exchange(bench, get('a'), values('a'));
    await bench.clock.advance(100);
    await bench.send(client, get('b'));
    await bench.send(server, values('b'));
    expect(client.text).toBe(values('a', 'b'));
    expect(bench.replies.map(({ fate }) => fate)).toEqual(['held', 'delivered']);
  });

  test('each of several holds counts from the moment its reply came', async () => {
    const bench = wireBench();
    await bench.wire.install('hold-1', hold({ timesMax: 2 }));
    const { client, server } = bench.connect();
    await bench.send(client, gets('a', 'b'));
    await bench.send(server, values('a'));
    await bench.clock.advance(60);
    await bench.send(server, values('b'));
    await bench.clock.advance(40);
    expect(client.text).toBe(values('a'));
    await bench.clock.advance(60);
    expect(client.text).toBe(values('a', 'b'));
  });

  test('leaving delivers everything at once, in order', async () => {
    const bench = wireBench();
    const installed = await bench.wire.install('hold-1', hold({ timesMax: 9 }));
    const { client } = await exchange(bench, gets('a', 'b'), values('a', 'b'));
    expect(client.text).toBe('');
    await installed[Symbol.asyncDispose]();
    await installed[Symbol.asyncDispose]();
    await bench.clock.settle();
    expect(client.text).toBe(values('a', 'b'));
  });

  test('leaving one hold does not let its replies overtake another', async () => {
    const bench = wireBench();
    await bench.wire.install('hold-1', hold({ selector: { keyPrefix: 'a' } }));
    const second = await bench.wire.install('hold-2', hold({ selector: { keyPrefix: 'b' } }));
    const { client, server } = await exchange(bench, gets('a', 'b', 'c'), values('a', 'b'));
    await second[Symbol.asyncDispose]();
    await bench.send(server, values('c'));
    await bench.clock.advance(79);
    expect(client.text).toBe('');
    await bench.clock.advance(1);
    expect(client.text).toBe(values('a', 'b', 'c'));
  });

  test('the end of the server waits for what is held before it', async () => {
    const bench = wireBench();
    await bench.wire.install('hold-1', hold({}));
    const { client, server } = await exchange(bench, get('a'), values('a'));
    server.socket.end();
    await bench.clock.advance(70);
    expect(client).toMatchObject({ text: '', ending: '' });
    await bench.clock.advance(10);
    expect(client).toMatchObject({ text: values('a'), ending: 'end' });
  });

  test('a client that goes away before loses the reply', async () => {
    const bench = wireBench();
    await bench.wire.install('hold-1', hold({}));
    const { client } = await exchange(bench, get('a'), values('a'));
    client.socket.resetAndDestroy();
    await bench.clock.advance(200);
    expect(fates(bench)).toEqual([['a', 'lost', 'hold-1', null]]);
    expect(bench.connections).toMatchObject([{ closedBy: 'client', outstanding: 1 }]);
  });

  test('above heldBytesMax the server is not read until the hold is over', async () => {
    const bench = wireBench({ limits: { heldBytesMax: 20 }, pair: { unreadBytesMax: 10 } });
    await bench.wire.install('hold-1', hold({}));
    const { client, server } = bench.connect();
    await bench.send(client, gets('a', 'b', 'c', 'd'));
    for (const key of ['a', 'b', 'c', 'd']) await bench.send(server, values(key));
    expect(bench.wire.counters().heldBytesMax).toBe(1);
    expect(server.socket.peer?.unreadBytes).toBe(2 * values('a').length);
    await bench.clock.advance(99);
    expect(client.text).toBe('');
    await bench.clock.advance(1);
    expect(client.text).toBe(values('a', 'b', 'c', 'd'));
  });
});

describe('refuse-connections', () => {
  const portOf = (): { readonly calls: string[]; readonly listener: object } => {
    const calls: string[] = [];
    const note = (call: string) => async (): Promise<void> => {
      calls.push(call);
    };
    return { calls, listener: { close: note('close'), open: note('open') } };
  };

  test('the port is closed, every connection ends, and leaving opens the port once', async () => {
    const { calls, listener } = portOf();
    const bench = wireBench({ listener } as Parameters<typeof wireBench>[0]);
    const one = await exchange(bench, get('a'), values('a'));
    const two = bench.connect();
    await bench.send(two.client, get('b'));
    const installed = await bench.wire.install('refuse-1', {
      type: 'refuse-connections',
      how: 'rst',
    });
    await bench.clock.advance(20);
    expect(calls).toEqual(['close']);
    expect([one, two].map(({ client }) => client.ending)).toEqual(['ECONNRESET', 'ECONNRESET']);
    const onItsWayIn = bench.connect();
    await bench.clock.settle();
    expect(onItsWayIn.client.ending).toBe('ECONNRESET');
    expect(installed.bit()).toBe(3);
    await Promise.all([installed[Symbol.asyncDispose](), installed[Symbol.asyncDispose]()]);
    expect(calls).toEqual(['close', 'open']);
    const { client } = await exchange(bench, get('a'), values('a'));
    expect(client).toMatchObject({ text: values('a'), ending: '' });
  });

  test('it cannot be installed where there is no port', async () => {
    const rule: WireRule = { type: 'refuse-connections', how: 'fin' };
    await expect(wireBench().wire.install('refuse-1', rule)).rejects.toThrow(
      'wire rule refuse-1 needs a listener to close; give createWire one',
    );
  });

  test('a port that cannot be closed leaves no rule behind', async () => {
    const bench = wireBench({
      listener: { close: () => Promise.reject(new Error('no such port')), open: async () => {} },
    });
    const rule: WireRule = { type: 'refuse-connections', how: 'fin' };
    await expect(bench.wire.install('refuse-1', rule)).rejects.toThrow('no such port');
    const { client } = await exchange(bench, get('a'), values('a'));
    expect(client.text).toBe(values('a'));
  });
});

describe('installing', () => {
  test('two rules of one name are refused', async () => {
    const { wire } = wireBench();
    await wire.install('cut-1', cutAfter({}));
    await expect(wire.install('cut-1', cutIn({}))).rejects.toThrow(
      'a wire rule cut-1 is installed already; fault ids are unique in a plan',
    );
  });

  test('a number that makes no sense is refused by its name', async () => {
    const { wire } = wireBench();
    await expect(wire.install('hold-1', hold({ forMs: -1 }))).rejects.toThrow(
      'wire rule hold-1: forMs is -1; give a number of at least 0',
    );
  });

  test('the rule that was installed first decides', async () => {
    const bench = wireBench();
    const first = await bench.wire.install('cut-1', cutIn({ byte: 2 }));
    const second = await bench.wire.install('cut-2', cutIn({ byte: 1 }));
    const { client } = await exchange(bench, get('a'), values('a'));
    expect(client.text).toBe('$7');
    expect([first.bit(), second.bit()]).toEqual([1, 0]);
  });
});
