import { expect, test } from 'vitest';
import { readMultipart } from './multipart.ts';

const contentType = 'multipart/mixed; boundary=xyz';
const picture = Buffer.from([0xff, 0xd8, 13, 10, 0x2d, 0x2d, 0xff, 0xd9]);

test('parts come in order, with the bytes as they are', () => {
  const answer = readMultipart(contentType, body(part('a', 200, picture), part('b', 404, '')));
  expect(answer).toEqual({
    state: 'whole',
    parts: [
      { eventId: 'a', status: 200, contentType: 'image/jpeg', bytes: picture },
      { eventId: 'b', status: 404, contentType: 'image/jpeg', bytes: Buffer.alloc(0) },
    ],
  });
});

test('picture bytes that look like a boundary split nothing', () => {
  const tricky = Buffer.from('x\r\n--xyz\r\nx-event-id: z\r\n\r\n--xyz--');
  const answer = readMultipart(contentType, body(part('a', 200, tricky)));
  expect(answer.state === 'whole' && answer.parts.map(({ bytes }) => bytes)).toEqual([tricky]);
});

test('an answer without parts is whole, and a quoted boundary is understood', () => {
  expect(readMultipart('multipart/mixed; boundary="xyz"', Buffer.from('--xyz--\r\n'))).toEqual({
    state: 'whole',
    parts: [],
  });
});

test('a cut at every byte is odd, but for the line end after the last boundary', () => {
  const whole = body(part('a', 200, picture), part('b', 200, picture));
  for (let end = 0; end < whole.length - 2; end += 1)
    expect(readMultipart(contentType, whole.subarray(0, end)).state, `cut at ${end}`).toBe('odd');
  expect(readMultipart(contentType, whole.subarray(0, -2)).state).toBe('whole');
});

test.each([
  ['another content type', 'application/json', body(), 'multipart/mixed'],
  ['no content type', undefined, body(), 'null'],
  ['a preamble', contentType, Buffer.concat([Buffer.from('hi\r\n'), body()]), 'at the start'],
  ['an epilogue', contentType, Buffer.concat([body(), Buffer.from('bye')]), 'after the last'],
  ['no event', contentType, raw('x-status: 200\r\ncontent-length: 0'), 'no x-event-id'],
  ['no status', contentType, raw('x-event-id: a\r\ncontent-length: 0'), 'x-status ""'],
  ['no length', contentType, raw('x-event-id: a\r\nx-status: 200'), 'content-length ""'],
  ['two events', contentType, raw('x-event-id: a\r\nx-event-id: b'), 'header x-event-id twice'],
  [
    'a length that is too short',
    contentType,
    raw('x-event-id: a\r\nx-status: 200\r\ncontent-length: 0', 'abc'),
    'no boundary after its 0 bytes',
  ],
  [
    'a length that is too long',
    contentType,
    raw('x-event-id: a\r\nx-status: 200\r\ncontent-length: 900', 'abc'),
    '900 bytes announced',
  ],
])('%s is odd', (_, type, bytes, says) => {
  const answer = readMultipart(type, bytes);
  expect(answer.state === 'odd' ? answer.says : answer).toContain(says);
});

function part(eventId: string, status: number, bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes);
  const head = `--xyz\r\nx-event-id: ${eventId}\r\nx-status: ${status}\r\ncontent-type: image/jpeg\r\ncontent-length: ${content.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), content, Buffer.from('\r\n')]);
}

function raw(head: string, content = ''): Buffer {
  return Buffer.from(`--xyz\r\n${head}\r\n\r\n${content}\r\n--xyz--\r\n`);
}

function body(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.from('--xyz--\r\n')]);
}
