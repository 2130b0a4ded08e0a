import { describe, expect, test } from 'vitest';
import { type HttpLimits, http } from './http.ts';
import { type DialogueRead, readDialogue } from './stream-reading.ts';
import { bytesOf } from './text-words.ts';

const dialogue = (
  requests: string,
  responses: string,
  limits: Partial<HttpLimits> = {},
): DialogueRead =>
  readDialogue(http(limits), { commands: bytesOf(requests), replies: bytesOf(responses) });

const lines = (...all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('');
const get = (path: string, ...fields: readonly string[]): string =>
  lines(`GET ${path} HTTP/1.1`, 'Host: cloud', ...fields, '');
const ok = (body: string): string =>
  `${lines('HTTP/1.1 200 OK', `Content-Length: ${body.length}`, '')}${body}`;

describe('requests', () => {
  test.each([
    [get('/thumbnails/7'), 'GET', '/thumbnails/7'],
    [get('/list?token=secret#x'), 'GET', '/list'],
    [get('http://cloud:80/a?b'), 'GET', '/a'],
    [lines('OPTIONS * HTTP/1.1', 'Host: x', ''), 'OPTIONS', '*'],
    [lines('HEAD / HTTP/1.0', ''), 'HEAD', '/'],
    [`${lines('POST /e HTTP/1.1', 'content-length:  5 ', '')}GET /`, 'POST', '/e'],
    [`${lines('PUT /e HTTP/1.1', 'Content-Length: 2, 2', '')}ab`, 'PUT', '/e'],
    [
      `${lines('POST /e HTTP/1.1', 'Transfer-Encoding: gzip, Chunked', '')}3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n`,
      'POST',
      '/e',
    ],
    ['GET /lf HTTP/1.1\nHost: x\n\n', 'GET', '/lf'],
  ])('%j is one request', (text, command, key) => {
    const { frames, lost, atBoundary } = dialogue(text, '').commands;
    expect(frames).toMatchObject([
      { frame: { command, key, expects: 'reply' }, bytes: text.length, payload: null },
    ]);
    expect({ lost, atBoundary }).toEqual({ lost: null, atBoundary: true });
  });

  test('an empty line before a request is none', () => {
    const { frames } = dialogue(`\r\n${get('/')}`, '').commands;
    expect(frames.map(({ frame }) => frame.expects)).toEqual(['nothing', 'reply']);
  });

  test.each([
    ['HELLO\r\n', 'a line is no request of HTTP/1'],
    ['PRI * HTTP/2.0\r\n', 'a line is no request of HTTP/1'],
    [lines('GET / HTTP/1.1', 'Host : x'), 'a line of a head is no field, or a folded one'],
    [lines('GET / HTTP/1.1', 'A: b', ' c'), 'a line of a head is no field, or a folded one'],
    [lines('POST / HTTP/1.1', 'Content-Length: 1, 2', ''), 'Content-Length is not one number'],
    [lines('POST / HTTP/1.1', 'Content-Length: +1', ''), 'Content-Length is not one number'],
    [
      lines('POST / HTTP/1.0', 'Transfer-Encoding: chunked', ''),
      'HTTP/1.0 knows no transfer coding',
    ],
    [
      lines('POST / HTTP/1.1', 'Transfer-Encoding: chunked, gzip', ''),
      'the last transfer coding of a request is not chunked',
    ],
    [
      lines('POST / HTTP/1.1', 'Transfer-Encoding: chunked', '', 'x'),
      'a chunk does not say how many bytes it has',
    ],
    [
      lines('POST / HTTP/1.1', 'Transfer-Encoding: chunked', '', '1', 'abc'),
      'a chunk was longer than it announced',
    ],
    [`GET /${'x'.repeat(200)}`, 'a line is longer than lineBytesMax, 100'],
  ])('%j cannot be read: %s', (text, because) => {
    expect(dialogue(text, '', { lineBytesMax: 100 }).commands.lost).toBe(because);
  });
});

/** Each response as its status, its body, and whether it answers a request. */
function responses(requests: string, text: string): string[] {
  const { frames, lost } = dialogue(requests, text).replies;
  expect(lost).toBeNull();
  return frames.map(
    ({ frame, payload }) =>
      `${frame.type} ${payload ?? '-'} ${frame.answers ? 'answers' : 'does not'}`,
  );
}

describe('responses', () => {
  const chunked = lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '');

  test.each([
    ['with a length', get('/a'), ok('body'), ['200 body answers']],
    ['without bytes', get('/a'), ok(''), ['200  answers']],
    [
      'in chunks with trailers',
      get('/a'),
      `${chunked}3\r\nabc\r\n2\r\nde\r\n0\r\nEtag: x\r\n\r\n`,
      ['200 abcde answers'],
    ],
    [
      'to HEAD',
      lines('HEAD /a HTTP/1.1', ''),
      lines('HTTP/1.1 200 OK', 'Content-Length: 9', ''),
      ['200 - answers'],
    ],
    [
      'that is not modified',
      get('/a'),
      lines('HTTP/1.1 304 Not Modified', 'Content-Length: 9', ''),
      ['304 - answers'],
    ],
    ['that is empty by its status', get('/a'), lines('HTTP/1.1 204', ''), ['204 - answers']],
    [
      'after interim ones',
      get('/a'),
      `${lines('HTTP/1.1 100 Continue', '')}${lines('HTTP/1.1 103 Early Hints', 'Link: x', '')}${ok('b')}`,
      ['100 - does not', '103 - does not', '200 b answers'],
    ],
    [
      'pipelined',
      get('/a') + lines('HEAD /b HTTP/1.1', '') + get('/c'),
      `${ok('a')}${lines('HTTP/1.1 200 OK', 'Content-Length: 3', '')}${ok('c')}`,
      ['200 a answers', '200 - answers', '200 c answers'],
    ],
    [
      'that nobody asked for',
      '',
      lines('HTTP/1.1 408 Request Timeout', 'Content-Length: 0', ''),
      ['408  does not'],
    ],
  ])('one %s is framed', (_, requests, text, frames) => {
    expect(responses(requests, text)).toEqual(frames);
  });

  test('one without a length ends with the connection', () => {
    const { commands, replies } = http().converse();
    commands.push(bytesOf(get('/a')));
    const [span] = replies.push(bytesOf(`${lines('HTTP/1.1 200 OK', '')}body`));
    expect(span?.last).toBe(false);
    replies.push(bytesOf(' and more'));
    const frame = replies.end?.();
    expect(frame).toMatchObject({ type: '200', answers: true });
    expect(Buffer.concat([...(frame?.payload ?? [])]).toString()).toBe('body and more');
    expect(replies.atBoundary).toBe(true);
  });

  test('one that was cut short is completed by nothing', () => {
    const { commands, replies } = http().converse();
    commands.push(bytesOf(get('/a')));
    replies.push(bytesOf(ok('body').slice(0, -1)));
    expect(replies.end?.()).toBeNull();
  });

  test('a refusal before the whole request is no answer to the next one', () => {
    const { commands, replies } = http().converse();
    commands.push(bytesOf(`${lines('POST /a HTTP/1.1', 'Content-Length: 5', '')}ab`));
    expect(replies.push(bytesOf(ok('no')))[0]?.frame?.answers).toBe(false);
    const spans = commands.push(bytesOf(`cde${get('/b')}`));
    expect(spans.map(({ frame }) => frame?.expects)).toEqual(['silence', 'reply']);
    expect(replies.push(bytesOf(ok('b')))[0]?.frame?.answers).toBe(true);
  });

  test('a request that never reaches the server takes no response of another', () => {
    const { commands, replies } = http().converse();
    const [head] = commands.push(bytesOf(lines('HEAD /a HTTP/1.1', '') + get('/b')));
    head?.frame?.withdraw?.();
    const spans = replies.push(bytesOf(ok('b')));
    expect(spans.map(({ last, frame }) => [last, frame?.answers])).toEqual([[true, true]]);
  });

  test("after an upgrade both directions are somebody else's", () => {
    const { commands, replies } = http().converse();
    commands.push(bytesOf(get('/live', 'Connection: Upgrade', 'Upgrade: websocket')));
    const switched = lines('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', '');
    const spans = replies.push(bytesOf(`${switched}\x81\x02hi`));
    expect(spans.map(({ frame }) => frame?.answers)).toEqual([true, undefined]);
    expect(replies.lost).toBe('both sides switched to another protocol');
    commands.push(bytesOf('\x81\x80'));
    expect(commands.lost).toBe('both sides switched to another protocol');
  });

  test('an upgrade that is refused changes nothing', () => {
    const requests = get('/live', 'Upgrade: h2c') + get('/b');
    expect(responses(requests, ok('a') + ok('b'))).toEqual(['200 a answers', '200 b answers']);
  });

  test('CONNECT makes a tunnel', () => {
    const { replies } = dialogue(
      lines('CONNECT cloud:443 HTTP/1.1', ''),
      `${lines('HTTP/1.1 200 OK', '')}\x16\x03`,
    );
    expect(replies).toMatchObject({ lost: 'it became a tunnel' });
    expect(replies.frames).toHaveLength(1);
  });

  test.each([
    ['$-1\r\n', 'a line is no status of HTTP/1'],
    ['HTTP/1.1 099 \r\n', 'a line is no status of HTTP/1'],
    [
      lines('HTTP/1.1 200 OK', 'Content-Length: 1', 'Content-Length: 2', ''),
      'Content-Length is not one number',
    ],
    [`${chunked}zz\r\n`, 'a chunk does not say how many bytes it has'],
  ])('%j cannot be read: %s', (text, because) => {
    expect(dialogue(get('/a'), text).replies.lost).toBe(because);
  });
});
