import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openTestCloud, pictureOf, type TestCloud, uploadMessage } from './test-cloud.ts';

test('a version that comes after a newer one changes nothing', async () => {
  await using cloud = await openTestCloud();
  const camera = await cloud.camera('front');
  await camera.ask(uploadMessage('e1', { version: 3 }));
  expect(await camera.ask(uploadMessage('e1', { version: 2 }))).toMatchObject({ type: 'stored' });
  const token = await cloud.login('ada');
  expect((await cloud.request('/v1/events', { token })).json).toMatchObject({
    events: [{ eventId: 'e1', version: 3 }],
  });
});

test('an event that is recorded while its device changes hands is filed under the new owner', async () => {
  await using cloud = await openTestCloud();
  const token = await cloud.login('ada');
  const camera = await cloud.camera('front');
  const asked = holdNextGet(cloud, 't:device:front:owner');
  const uploading = camera.ask(uploadMessage('e1'));
  await asked.arrived;
  await transfer(cloud, { token, deviceId: 'front', to: 'ben' });
  asked.open();
  expect(await uploading).toMatchObject({ type: 'stored', ownerId: 'ben' });
  expect(await eventsOf(cloud, 'ada')).toEqual([]);
  expect(await eventsOf(cloud, 'ben')).toMatchObject([{ eventId: 'e1' }]);
});

test('an event that is recorded while its device is removed is stored nowhere', async () => {
  await using cloud = await openTestCloud();
  const token = await cloud.login('ada');
  const camera = await cloud.camera('front');
  const said = new Promise<unknown>((resolve) => {
    camera.socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString())));
    camera.socket.once('close', resolve);
  });
  const asked = holdNextGet(cloud, 't:device:front:owner');
  camera.socket.send(uploadMessage('e1'));
  await asked.arrived;
  expect((await cloud.request('/v1/devices/front', { method: 'DELETE', token })).status).toBe(204);
  asked.open();
  // The backend has hung up, or says that there is no such device.
  expect([1008, expect.objectContaining({ type: 'failed' })]).toContainEqual(await said);
  expect(await eventsOf(cloud, 'ada')).toEqual([]);
  expect([...cloud.cache.values.keys()].filter((key) => key.includes('e1'))).toEqual([]);
});

test('events of a removed device are gone for former owners too, and its camera is sent away', async () => {
  await using cloud = await openTestCloud();
  const token = await cloud.login('ada');
  await cloud.upload('front', 'e1');
  expect(await eventsOf(cloud, 'ada')).toHaveLength(1);
  await transfer(cloud, { token, deviceId: 'front', to: 'ben' });
  expect(await eventsOf(cloud, 'ada')).toHaveLength(1);
  const camera = await cloud.camera('front');
  const closed = once(camera.socket, 'close');
  const ben = await cloud.login('ben');
  const removed = await cloud.request('/v1/devices/front', { method: 'DELETE', token: ben });
  expect(removed.status).toBe(204);
  expect((await closed)[0]).toBe(1008);
  expect(await eventsOf(cloud, 'ada')).toEqual([]);
  expect((await cloud.request('/v1/events/e1/picture', { token })).status).toBe(404);
  await expect(cloud.camera('front')).rejects.toThrow('404');
});

test('an event that is uploaded anew after a transfer leaves the list of whom it was filed under', async () => {
  await using cloud = await openTestCloud();
  const token = await cloud.login('ada');
  await cloud.upload('front', 'e1');
  expect(await eventsOf(cloud, 'ada')).toHaveLength(1);
  await transfer(cloud, { token, deviceId: 'front', to: 'ben' });
  expect(await eventsOf(cloud, 'ada')).toHaveLength(1);
  const camera = await cloud.camera('front');
  await camera.ask(uploadMessage('e1', { version: 2 }));
  expect(await eventsOf(cloud, 'ada')).toEqual([]);
  expect(await eventsOf(cloud, 'ben')).toMatchObject([{ eventId: 'e1', version: 2 }]);
});

test('a live view is what the camera sends when asked, past the cache, for those who may see it', async () => {
  await using cloud = await openTestCloud();
  const [ada, ben, cleo] = [
    await cloud.login('ada'),
    await cloud.login('ben'),
    await cloud.login('cleo'),
  ];
  expect(await look(cloud, ada)).toMatchObject({ status: 503 });
  const { socket } = await cloud.camera('front');
  let looks = 0;
  socket.on('message', (data: Buffer) => {
    const { type, requestId } = JSON.parse(data.toString()) as Record<string, string>;
    if (type !== 'frame-please') return;
    looks += 1;
    socket.send(frameMessage(requestId, pictureOf(`look-${looks}`)));
  });
  for (const [turn, token] of [ada, cleo, ada].entries()) {
    const seen = await look(cloud, token);
    expect([seen.status, seen.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect(seen.bytes).toEqual(pictureOf(`look-${turn + 1}`));
  }
  expect(await look(cloud, ben)).toMatchObject({ status: 403 });
  expect((await cloud.request('/v1/devices/none/live', { token: ada })).status).toBe(404);
  await cloud.request('/v1/devices/front/shares/cleo', { method: 'DELETE', token: ada });
  expect(await look(cloud, cleo)).toMatchObject({ status: 403 });
  const cached = [...cloud.cache.values.values()].map((value) => Buffer.from(value).toString());
  expect(cached.filter((value) => value.includes('look-'))).toEqual([]);
});

test('a frame for which nobody asked goes nowhere, and a camera that goes away is a 503', async () => {
  await using cloud = await openTestCloud();
  const token = await cloud.login('ada');
  const { socket } = await cloud.camera('front');
  const asked = new Promise<void>((resolve) => {
    socket.on('message', () => resolve());
  });
  const looking = look(cloud, token);
  await asked;
  socket.send(frameMessage('look-99', pictureOf('stranger')));
  socket.terminate();
  expect(await looking).toMatchObject({ status: 503, json: { error: 'the camera went away' } });
});

/** Holds one get of that key in the cache, with the value that it has by then. */
function holdNextGet({ cache }: TestCloud, key: string) {
  const original = cache.get;
  const arrived = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  cache.get = async (asked) => {
    const value = await original(asked);
    if (asked !== key) return value;
    cache.get = original;
    arrived.resolve();
    await opened.promise;
    return value;
  };
  return { arrived: arrived.promise, open: opened.resolve };
}

async function transfer(
  cloud: TestCloud,
  { token, deviceId, to }: { token: string; deviceId: string; to: string },
): Promise<void> {
  const path = `/v1/devices/${deviceId}/transfer`;
  const answer = await cloud.request(path, { method: 'POST', token, body: { userId: to } });
  expect(answer.status).toBe(204);
}

async function eventsOf(cloud: TestCloud, userId: string): Promise<unknown> {
  const token = await cloud.login(userId);
  return ((await cloud.request('/v1/events', { token })).json as { events: unknown }).events;
}

async function look(cloud: TestCloud, token: string) {
  return cloud.request('/v1/devices/front/live', { token });
}

function frameMessage(requestId: string | undefined, frame: Buffer): Buffer {
  const header = Buffer.from(JSON.stringify({ type: 'frame', requestId }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.byteLength);
  return Buffer.concat([length, header, frame]);
}
