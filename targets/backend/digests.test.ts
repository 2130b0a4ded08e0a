import { expect, test } from 'vitest';
import { digestOf, rememberedDigests } from './digests.ts';

test('a digest is the beginning of the SHA-1', () => {
  // printf abc | sha1sum, FIPS 180-4's own example
  expect(digestOf(Buffer.from('abc'))).toBe('a9993e364706816a');
});

test.each([0, 1, 47, 48, 49, 5_000])('%i bytes are remembered as they are digested', (length) => {
  const digest = rememberedDigests();
  const value = new Uint8Array(length).fill(7);
  expect([digest(value), digest(value)]).toEqual([digestOf(value), digestOf(value)]);
});

test('a value that a client has overwritten is digested as what it is now', () => {
  const digest = rememberedDigests();
  const shared = new Uint8Array(5_000).fill(1);
  digest(shared);
  shared.fill(2, 2_000, 2_200);
  expect(digest(shared)).toBe(digestOf(shared));
});
