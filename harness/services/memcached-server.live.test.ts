import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRng } from '../plan/rng.ts';
import {
  connectable,
  exchange,
  type MemcachedUnderTest,
  realMemcached,
  startInMemoryMemcached,
} from './memcached-bench.ts';
import { memcachedSequence, type SequenceOptions } from './memcached-sequence.ts';

/**
 * The embedded server beside a real one: the same bytes, the same answer, byte for byte, cas numbers as they are (both start
 * from nothing and count alike). Only a time that is left (`t`, `exp=`) and a time since (`la=`) are compared as
 * present or not, since the two clocks tick apart.
 */
const scratchDirectory = await mkdtemp(join(tmpdir(), 'crosswire-memcached-'));
const provider = realMemcached({
  path: process.env['PATH'] ?? '',
  scratchDirectory,
  onProcess: () => undefined,
});
const { state, says } = await provider.available();
const isCompared = state === 'available' && says.startsWith('memcached 1.6.18 ');
const missing = isCompared ? '' : `replies are compared with memcached 1.6.18; here: ${says}`;

afterAll(() => rm(scratchDirectory, { recursive: true, force: true }));

let real: MemcachedUnderTest;
let embedded: MemcachedUnderTest;

describe.skipIf(missing !== '')(
  `the embedded memcached and a real one ${missing && `(${missing})`}`,
  () => {
    beforeEach(async () => {
      real = connectable(await provider.start(AbortSignal.timeout(20_000)));
      embedded = startInMemoryMemcached({ startUnixMs: Date.now() });
    });
    afterEach(async () => {
      await real[Symbol.asyncDispose]();
      await embedded[Symbol.asyncDispose]();
    });

    const expectSame = async (batch: {
      bytes: Buffer;
      cuts?: readonly number[];
    }): Promise<void> => {
      const [theirs, ours] = [await exchange(real, batch), await exchange(embedded, batch)];
      if (steady(ours) !== steady(theirs))
        expect({ sent: batch.bytes.toString('latin1'), answer: ours }).toEqual({
          sent: batch.bytes.toString('latin1'),
          answer: theirs,
        });
    };

    for (const protocol of ['text', 'meta', 'binary'] as const)
      for (const isCut of [false, true])
        test.for([1, 2, 3])(
          `give the same bytes to 3,000 commands of ${protocol}${isCut ? ', cut anywhere' : ''}, seed %i`,
          async (seed) => {
            const options: SequenceOptions = { protocol, commandsMin: 3_000, isCut };
            const batches = memcachedSequence(seededRng(seed), options);
            for (const batch of batches) await expectSame(batch);
            expect(batches.reduce((sum, { commands }) => sum + commands, 0)).toBeGreaterThanOrEqual(
              3_000,
            );
          },
        );

    test('agree on values at the limit of what fits, whatever the length of key and flags', async () => {
      for (const [key, flags] of [
        ['a', 0],
        ['a', 1],
        ['k'.repeat(250), 0],
      ] as const) {
        const most = 1024 * 1024 - 48 - 8 - 2 - 1 - key.length - (flags === 0 ? 0 : 4);
        for (const bytes of [most, most + 1]) {
          const line = `set ${key} ${flags} 0 ${bytes}\r\n${'x'.repeat(bytes)}\r\n`;
          await expectSame({
            bytes: Buffer.from(`${line}append ${key} 0 0 1\r\nx\r\nmg ${key} s\r\n`),
          });
        }
      }
    });

    test('agree on what a wrap at 2^64 gives, and on which replies are lost or padded', async () => {
      await expectSame({
        bytes: Buffer.from('set a 0 0 2\r\n10\r\nincr a 18446744073709551615\r\nget a\r\n'),
      });
      await expectSame({
        bytes: Buffer.from(`set a 0 0 2\r\n10\r\nget ${'k'.repeat(251)}\r\nmn\r\n`),
      });
      await expectSame({
        bytes: Buffer.from('mg a v\r\nma a MD\r\nmg a v\r\nmn\r\nma a MD\r\nmg a v\r\n'),
      });
      await expectSame({ bytes: Buffer.from('mn\r\n'.repeat(60)) });
      await expectSame({ bytes: Buffer.from(`set a 0 0 1\r\nx\r\n${'x'.repeat(3_000)}`) });
    });

    test('agree on how much is thrown away after a binary operation that is unknown', async () => {
      const noop = Buffer.from(`800a${'00'.repeat(22)}`, 'hex');
      for (const { extras, key } of [
        { extras: '', key: 'a' },
        { extras: '0000', key: 'abc' },
      ]) {
        const lengths = `${key.length.toString(16).padStart(4, '0')}0${extras.length / 2}`;
        const body = (extras.length / 2 + key.length).toString(16).padStart(8, '0');
        const unknown = Buffer.from(
          `807f${lengths}000000${body}${'00'.repeat(12)}${extras}`,
          'hex',
        );
        await expectSame({ bytes: Buffer.concat([unknown, Buffer.from(key), noop, noop, noop]) });
      }
    });

    test('agree that a value is gone when its time is over', async () => {
      await expectSame({
        bytes: Buffer.from('set a 0 1 1\r\nx\r\nset b 0 900 1\r\nx\r\ntouch b 1\r\n'),
      });
      const later = startInMemoryMemcached();
      await exchange(later, { bytes: Buffer.from('set a 0 1 1\r\nx\r\n') });
      later.advanceMs(1_000);
      const gone = await exchange(later, { bytes: Buffer.from('get a\r\n') });
      const deadline = AbortSignal.timeout(5_000);
      let answer = '';
      while (answer !== gone && !deadline.aborted) {
        answer = await exchange(real, { bytes: Buffer.from('get a b\r\n') });
        await delay(50);
      }
      expect(answer).toBe(gone);
    });
  },
);

function steady(answer: string): string {
  return answer
    .replaceAll(/ t\d+(?=[ \r])/g, ' t~')
    .replaceAll(/ exp=-\d\d+ la=\d+/g, ' exp=~ la=~')
    .replaceAll(/ la=\d+/g, ' la=~');
}
