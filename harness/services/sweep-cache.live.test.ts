import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { Provider } from '../model/service.ts';
import type { CacheProtocol, Endpoint } from '../model/target.ts';
import { embeddedProvider } from './embedded.ts';
import { processProvider } from './process.ts';
import { openBench, type ProviderBench } from './provider-bench.ts';
import { encodeCommand, openConversation } from './resp-conversation.ts';
import { type CacheSwept, sweepCache } from './sweep-cache.ts';

interface Kind {
  readonly name: string;
  readonly protocol: CacheProtocol;
  readonly provider: (bench: ProviderBench) => Provider;
}

const kinds: readonly Kind[] = (['resp', 'memcached'] as const).flatMap((protocol): Kind[] => [
  {
    name: `the embedded ${protocol} server`,
    protocol,
    provider: ({ onProcess }) =>
      embeddedProvider({ node: process.execPath, server: protocol, onProcess }),
  },
  {
    name: protocol === 'resp' ? 'redis-server' : 'memcached',
    protocol,
    provider: ({ onProcess, scratchDirectory }) =>
      processProvider({
        path: process.env['PATH'] ?? '',
        scratchDirectory,
        onProcess,
        spec: { service: protocol === 'resp' ? 'redis' : 'memcached' },
      }),
  },
]);

const picture = Uint8Array.from({ length: 20_000 }, (_, index) => (index * 7) % 256);
const values: ReadonlyMap<string, Uint8Array> = new Map([
  ...Array.from({ length: 450 }, (_, index): [string, Uint8Array] => [
    `ours:event:${index}`,
    Buffer.from(`{"deviceId":"${index}"}`),
  ]),
  ['ours:thumb:1', picture],
  ['ours:thumb:empty', new Uint8Array()],
  ['ours:thumb:100%?*', Buffer.from('END\r\n$5\r\n')],
  ['theirs:thumb:1', picture],
  ['ours', Buffer.from('no key of ours')],
]);

test.for(kinds)(
  '$name is read whole, once a key, and only what begins with the prefix',
  { timeout: 30_000 },
  async ({ protocol, provider }, { skip }) => {
    await using bench = await openBench();
    const cache = provider(bench);
    const availability = await cache.available();
    if (availability.state === 'missing') skip(availability.says);
    await using service = await cache.start(AbortSignal.timeout(10_000));
    await fill(service.endpoint, protocol);
    const read = async (prefix: string, keysMax = 10_000) => {
      const found = new Map<string, Uint8Array>();
      const onValue = (key: string, value: Uint8Array): void => {
        expect(found.has(key)).toBe(false);
        found.set(key, Uint8Array.from(value));
      };
      const endpoints = [service.endpoint];
      const options = { endpoints, protocol, prefix, keysMax, onValue };
      const swept: CacheSwept = await sweepCache(options, AbortSignal.timeout(10_000));
      return { found, swept };
    };
    const all = await read('');
    expect(all.found).toEqual(
      new Map([...values].map(([key, value]) => [key, Uint8Array.from(value)])),
    );
    expect(all.swept).toEqual({ values: values.size, unread: 0, isCut: false });
    const ours = await read('ours:');
    expect([...ours.found.keys()].filter((key) => !key.startsWith('ours:'))).toEqual([]);
    expect(ours.swept.values).toBe(values.size - 2);
    expect((await read('', values.size)).swept.isCut).toBe(false);
    expect((await read('', 100)).swept).toEqual({ values: 100, unread: 0, isCut: true });
    expect((await read('nobody:')).swept.values).toBe(0);
    await service.kill();
    await expect(read('')).rejects.toThrow(/ECONNREFUSED|closed/);
  },
);

test('what is no string is counted and left out', async () => {
  await using bench = await openBench();
  const { onProcess } = bench;
  await using service = await embeddedProvider({
    node: process.execPath,
    server: 'resp',
    onProcess,
  }).start(AbortSignal.timeout(10_000));
  await using conversation = await openConversation(service.endpoint);
  await conversation.say(encodeCommand(['HSET', 'hash', 'a', 'b']), 1);
  await conversation.say(encodeCommand(['SET', 'text', 'b']), 1);
  const keys: string[] = [];
  const endpoints = [service.endpoint, service.endpoint];
  const onValue = (key: string): void => void keys.push(key);
  const options = { endpoints, protocol: 'resp', prefix: '', keysMax: 10, onValue } as const;
  const swept = await sweepCache(options, AbortSignal.timeout(10_000));
  expect(swept).toEqual({ values: 1, unread: 1, isCut: false });
  expect(keys).toEqual(['text']);
});

test('an interrupt ends it at once', async () => {
  await using bench = await openBench();
  const { onProcess } = bench;
  await using service = await embeddedProvider({
    node: process.execPath,
    server: 'resp',
    onProcess,
  }).start(AbortSignal.timeout(10_000));
  await fill(service.endpoint, 'resp');
  const interrupt = new AbortController();
  const onValue = (): void => interrupt.abort(new Error('Ctrl-C'));
  const endpoints = [service.endpoint];
  const options = { endpoints, protocol: 'resp', prefix: '', keysMax: 1_000, onValue } as const;
  await expect(sweepCache(options, interrupt.signal)).rejects.toThrow('Ctrl-C');
});

async function fill(endpoint: Endpoint, protocol: CacheProtocol): Promise<void> {
  if (protocol === 'resp') {
    await using conversation = await openConversation(endpoint);
    const commands = [...values].map(([key, value]) => encodeCommand(['SET', key, value]));
    await conversation.say(Buffer.concat(commands), commands.length);
    return;
  }
  const socket = connect(endpoint);
  const end = Buffer.from('\r\n');
  for (const [key, value] of values) {
    socket.write(Buffer.concat([Buffer.from(`set ${key} 0 0 ${value.length}\r\n`), value, end]));
  }
  socket.end('quit\r\n');
  socket.resume();
  await once(socket, 'close');
}
