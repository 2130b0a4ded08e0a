import { expect, test } from 'vitest';
import { readError, readList, readToken } from './list-answer.ts';

const entry = { eventId: 'e', deviceId: 'd', kind: 'sound', version: 2 };

test('a list is read as it is, and what else an entry holds is left out', () => {
  expect(readList(json({ events: [{ ...entry, more: 1 }] }))).toEqual([entry]);
  expect(readList(json({ events: [] }))).toEqual([]);
});

test.each([
  [{}, 'without a list'],
  [[], 'without a list'],
  [{ events: [entry, {}] }, 'entry 1: no eventId'],
  [{ events: [{ ...entry, deviceId: 1 }] }, 'entry 0: no deviceId'],
  [{ events: [{ ...entry, kind: 'smell' }] }, 'neither motion nor sound'],
  [{ events: [{ ...entry, version: '2' }] }, 'no version'],
])('%j is odd', (answer, says) => {
  expect(readList(json(answer))).toContain(says);
});

test('bytes that are no JSON are odd, and give no token and no reason', () => {
  const bytes = Buffer.from('{"events":[');
  expect(readList(bytes)).toContain('without a list');
  expect(readToken(bytes)).toContain('without a token');
  expect(readError(bytes)).toBeNull();
});

test('a token that would split a header is none', () => {
  expect(readToken(json({ token: 'abc' }))).toEqual({ token: 'abc' });
  expect(readToken(json({ token: 'a\r\nb' }))).toContain('without a token');
});

test('a reason is shortened', () => {
  expect(readError(json({ error: 'x'.repeat(900) }))).toHaveLength(200);
});

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
