import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openTestCloud, pictureOf, uploadMessage } from './test-cloud.ts';

test('a camera is told its owner when it connects, and again at each heartbeat', async () => {
  await using cloud = await openTestCloud();
  const { hello, ask } = await cloud.camera('yard');
  const yard = { deviceId: 'yard', ownerId: 'ben' };
  expect(hello).toEqual({ type: 'hello', requestId: 'connect-1', ...yard });
  const heartbeat = JSON.stringify({ type: 'heartbeat', requestId: 'beat-1' });
  expect(await ask(heartbeat)).toEqual({ type: 'owner', requestId: 'beat-1', ...yard });
  expect(cloud.backend.stats()).toMatchObject({ camerasConnected: 1, cacheErrors: 0 });
});

test('an upload is stored under its owner and answered with the event', async () => {
  await using cloud = await openTestCloud();
  expect(await cloud.upload('front', 'e1')).toEqual({
    type: 'stored',
    requestId: 'upload-e1',
    deviceId: 'front',
    ownerId: 'ada',
    eventId: 'e1',
  });
  expect(cloud.cache.values.get('t:thumb:e1')).toEqual(Uint8Array.from(pictureOf('e1')));
  expect(cloud.backend.stats()).toMatchObject({ uploads: 1 });
});

test('messages of one camera are answered in their order', async () => {
  await using cloud = await openTestCloud();
  const { socket } = await cloud.camera('front');
  const answers: unknown[] = [];
  const done = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      if (answers.push(JSON.parse(data.toString())) === 3) resolve();
    });
  });
  socket.send(uploadMessage('e1'));
  socket.send(JSON.stringify({ type: 'heartbeat', requestId: 'beat-1' }));
  socket.send(uploadMessage('e2'));
  await done;
  expect(answers).toMatchObject([{ eventId: 'e1' }, { requestId: 'beat-1' }, { eventId: 'e2' }]);
});

test('an event that is uploaded again keeps its place and shows the newer picture', async () => {
  await using cloud = await openTestCloud();
  const { ask } = await cloud.camera('front');
  await ask(uploadMessage('e1'));
  await ask(uploadMessage('e2'));
  await ask(uploadMessage('e1', { version: 2, kind: 'motion' }));
  const token = await cloud.login('ada');
  expect((await cloud.request('/v1/events', { token })).json).toMatchObject({
    events: [{ eventId: 'e2' }, { eventId: 'e1', version: 2, kind: 'motion' }],
  });
});

test('a camera cannot replace the event of another', async () => {
  await using cloud = await openTestCloud();
  await cloud.upload('front', 'e1');
  expect(await cloud.upload('yard', 'e1')).toMatchObject({
    type: 'failed',
    requestId: 'upload-e1',
  });
  const token = await cloud.login('ada');
  expect((await cloud.request('/v1/events/e1/picture', { token })).status).toBe(200);
});

test.each([
  ['nowhere', 'Device secret-of-nowhere', 404],
  ['front', 'Device secret-of-yard', 401],
  ['front', 'Bearer secret-of-front', 401],
  ['a%20b', 'Device secret-of-a b', 404],
])('a camera %s with %j is refused with %i before the upgrade', async (device, secret, status) => {
  await using cloud = await openTestCloud();
  const url = `ws://127.0.0.1:${cloud.port}/v1/cameras/${device}/connection`;
  const headers = { authorization: secret, 'x-request-id': 'connect-9' };
  const socket = new WebSocket(url, { headers });
  socket.on('error', () => {});
  const [, answer] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number; headers: Record<string, string> },
  ];
  expect(answer.statusCode).toBe(status);
  expect(answer.headers['x-request-id']).toBe('connect-9');
  socket.terminate();
});

test('the upgrade itself echoes the request', async () => {
  await using cloud = await openTestCloud();
  const url = `ws://127.0.0.1:${cloud.port}/v1/cameras/front/connection`;
  const headers = { authorization: 'Device secret-of-front', 'x-request-id': 'connect-3' };
  const socket = new WebSocket(url, { headers });
  const [answer] = (await once(socket, 'upgrade')) as [{ headers: Record<string, string> }];
  expect(answer.headers['x-request-id']).toBe('connect-3');
  socket.terminate();
});

test.each([
  ['cut short', Buffer.of(0, 0)],
  ['a length beyond the end', Buffer.of(0xff, 0xff, 0xff, 0xff)],
  ['no kind', uploadMessage('e1', { kind: 'smoke' })],
  ['another length', uploadMessage('e1', { clipBytes: 1 })],
  ['a negative length', uploadMessage('e1', { thumbnailBytes: -1 })],
  ['no event', uploadMessage('e1', { eventId: '../e1' })],
  ['no picture', uploadMessage('e1', { thumbnailBytes: 0, clipBytes: 36 })],
])('an upload with %s fails and stores nothing', async (_what, message) => {
  await using cloud = await openTestCloud();
  const { ask } = await cloud.camera('front');
  expect(await ask(message)).toMatchObject({ type: 'failed', error: expect.any(String) });
  expect([...cloud.cache.values.keys()]).toEqual(['t:device:front:owner']);
});

test.each(['{}', 'not JSON', '{"type":"heartbeat"}', 'null'])(
  'the text %s ends the connection',
  async (message) => {
    await using cloud = await openTestCloud();
    const { ask } = await cloud.camera('front');
    expect(await ask(message)).toBe(1008);
  },
);

test('a camera that talks without listening is closed', async () => {
  await using cloud = await openTestCloud();
  const { socket } = await cloud.camera('front');
  cloud.cache.state = 'hanging';
  const closed = once(socket, 'close');
  for (let index = 0; index < 40; index += 1) socket.send(uploadMessage(`e${index}`));
  expect((await closed)[0]).toBe(1008);
});

test('closing the backend ends open cameras, idle viewers and calls that hang', async () => {
  const cloud = await openTestCloud();
  const { socket } = await cloud.camera('front');
  const silent = createConnection({ host: '127.0.0.1', port: cloud.port });
  await once(silent, 'connect');
  cloud.cache.state = 'hanging';
  socket.send(JSON.stringify({ type: 'heartbeat', requestId: 'beat-1' }));
  const login = cloud.login('ada').catch(() => 'cut');
  const closed = Promise.all([once(socket, 'close'), once(silent, 'close')]);
  await cloud.backend[Symbol.asyncDispose]();
  await closed;
  expect(await login).not.toMatch(/^[0-9a-f]{32}$/);
  expect(cloud.calls.filter(({ outcome }) => outcome === 'error')).toEqual([]);
});

test('closing does not wait for a camera that never answers', async () => {
  const cloud = await openTestCloud();
  const mute = createConnection({ host: '127.0.0.1', port: cloud.port });
  const handshake = [
    'GET /v1/cameras/front/connection HTTP/1.1',
    'host: cloud',
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
    'authorization: Device secret-of-front',
  ];
  mute.write(`${handshake.join('\r\n')}\r\n\r\n`);
  const [answer] = (await once(mute, 'data')) as [Buffer];
  expect(answer.toString()).toContain('101 Switching Protocols');
  const closed = once(mute, 'close');
  await cloud.backend[Symbol.asyncDispose]();
  await closed;
}, 5_000);

test('a connection that did not come through the listener is served too', async () => {
  await using cloud = await openTestCloud();
  const server = createServer((connection) => cloud.backend.handle(connection)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const answer = await fetch(`http://127.0.0.1:${port}/v1/events`);
  expect(answer.status).toBe(401);
  server.close();
});
