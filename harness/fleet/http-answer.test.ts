import { expect, test } from 'vitest';
import { type AnswerProgress, answerReader, bodyBytesMax, headBytesMax } from './http-answer.ts';

const byLength = 'HTTP/1.1 200 OK\r\nX-Request-Id: a-1\r\nContent-Length: 5\r\n\r\nhello';
const byChunks =
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n';

test.each([
  ['content-length', byLength],
  ['chunks', byChunks],
])('an answer framed by %s is the same however it is split', (_, text) => {
  const whole = Buffer.from(text, 'latin1');
  for (let first = 0; first <= whole.length; first += 1) {
    for (let second = first; second <= whole.length; second += 1) {
      const progress = readAll([
        whole.subarray(0, first),
        whole.subarray(first, second),
        whole.subarray(second),
      ]);
      expect(bodyOf(progress), `split at ${first} and ${second}`).toBe('hello');
    }
  }
});

test.each([
  ['content-length', byLength],
  ['chunks', byChunks],
])('an answer framed by %s is never whole before its last byte', (_, text) => {
  for (let end = 0; end < text.length; end += 1)
    expect(readAll([Buffer.from(text.slice(0, end))]).state, `cut at ${end}`).toBe('more');
});

test.each([
  ['content-length', byLength],
  ['chunks', byChunks],
])('a byte after the end of an answer framed by %s makes it odd', (_, text) => {
  expect(readAll([Buffer.from(`${text}x`)]).state).toBe('odd');
  const reader = answerReader();
  expect(reader.push(Buffer.from(text)).state).toBe('whole');
  expect(reader.push(Buffer.from('x')).state).toBe('odd');
});

test('names of headers are in lower case, and repeated ones are joined', () => {
  const progress = readAll([
    Buffer.from('HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a:  2 \r\ncontent-length: 0\r\n\r\n'),
  ]);
  expect(progress.state === 'whole' && progress.answer.headers.get('x-a')).toBe('1, 2');
});

test('an answer says whether its connection may be used again', () => {
  const answer = (connection: string): AnswerProgress =>
    readAll([
      Buffer.from(`HTTP/1.1 200 OK\r\nconnection: ${connection}\r\ncontent-length: 0\r\n\r\n`),
    ]);
  const keepsAlive = (progress: AnswerProgress): unknown =>
    progress.state === 'whole' && progress.answer.keepsAlive;
  expect(keepsAlive(answer('keep-alive'))).toBe(true);
  expect(keepsAlive(answer('Close'))).toBe(false);
  expect(keepsAlive(answer('keep-alive, close'))).toBe(false);
});

test('204 has no body and 503 has one', () => {
  expect(bodyOf(readAll([Buffer.from('HTTP/1.1 204 No Content\r\n\r\n')]))).toBe('');
  expect(bodyOf(readAll([Buffer.from('HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\n{}')]))).toBe(
    '{}',
  );
});

test.each([
  ['HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', 'a status line "HTTP/1.0 200 OK"'],
  ['garbage\r\n\r\n', 'a status line "garbage"'],
  ['HTTP/1.1 100 Continue\r\n\r\n', 'an interim answer, status 100'],
  ['HTTP/1.1 200 OK\r\n\r\n', 'no content-length and not chunked'],
  ['HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', '"1, 2"'],
  ['HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n', 'content-length "-1"'],
  ['HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\n', 'content-length "5, 5"'],
  ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n', 'both'],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n', 'transfer-encoding "gzip'],
  ['HTTP/1.1 204 No Content\r\ncontent-length: 3\r\n\r\nabc', 'a body announced under status 204'],
  [`HTTP/1.1 200 OK\r\ncontent-length: ${bodyBytesMax + 1}\r\n\r\n`, 'above bodyBytesMax'],
  ['HTTP/1.1 200 OK\r\na: 1\r\n folded\r\ncontent-length: 0\r\n\r\n', 'a header line " folded"'],
  ['HTTP/1.1 200 OK\r\na : 1\r\ncontent-length: 0\r\n\r\n', 'a header line "a : 1"'],
  ['HTTP/1.1 200 OK\r\na: 1\nb: 2\r\ncontent-length: 0\r\n\r\n', 'a header line'],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n', 'a chunk size line'],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;a=b\r\n', 'a chunk size line'],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n', 'does not end where'],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\na: b\r\n\r\n', 'a trailer'],
  [`HTTP/1.1 200 OK\r\na: ${'x'.repeat(headBytesMax)}`, 'a head of more than'],
])('%j is odd', (text, says) => {
  const progress = readAll([Buffer.from(text)]);
  expect(progress.state === 'odd' ? progress.says : progress).toContain(says);
});

function readAll(pieces: readonly Uint8Array[]): AnswerProgress {
  const reader = answerReader();
  let progress: AnswerProgress = { state: 'more' };
  for (const piece of pieces) if (piece.length > 0) progress = reader.push(piece);
  return progress;
}

function bodyOf(progress: AnswerProgress): unknown {
  return progress.state === 'whole' ? Buffer.from(progress.answer.body).toString() : progress;
}
