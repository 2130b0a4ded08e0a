import type { Rng } from '../model/world.ts';
import { type Draw, key, keyTooLong, pick, value } from './memcached-draws.ts';

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

/** One request of the binary protocol, good or bad. */
export function binaryCommand(draw: Draw): string {
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
