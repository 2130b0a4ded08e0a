import { expect, test } from 'vitest';
import { openTestCloud, type TestCloud, uploadMessage } from './test-cloud.ts';

const reads = [
  '/v1/events',
  '/v1/thumbnails?events=e1',
  '/v1/events/e1/picture',
  '/v1/events/e1/clip',
] as const;

test.each(['rejecting', 'hanging'] as const)(
  'with a %s cache nothing is answered but 503, although the source of truth could',
  async (state) => {
    await using cloud = await openTestCloud();
    await cloud.upload('front', 'e1');
    const token = await cloud.login('ada');
    const { ask } = await cloud.camera('front');
    cloud.cache.state = state;
    const answers = await Promise.all(reads.map(async (path) => cloud.request(path, { token })));
    for (const { status, headers, json } of answers) {
      expect([status, headers.get('x-user-id'), headers.get('x-request-id')]).toEqual([
        503,
        null,
        'request-1',
      ]);
      expect(json).toEqual({ error: 'the cache did not answer' });
    }
    const login = { method: 'POST', body: { userId: 'ada', password: 'password-of-ada' } };
    expect((await cloud.request('/v1/sessions', login)).status).toBe(503);
    const share = { method: 'POST', token, body: { userId: 'ben' } };
    expect((await cloud.request('/v1/devices/front/shares', share)).status).toBe(503);
    await expect(cloud.camera('yard')).rejects.toThrow('503');
    expect(await ask(uploadMessage('e2'))).toMatchObject({
      type: 'failed',
      requestId: 'upload-e2',
    });
    expect(await ask(JSON.stringify({ type: 'heartbeat', requestId: 'beat-1' }))).toBe(1013);
    expect(cloud.backend.stats().cacheErrors).toBeGreaterThanOrEqual(9);
    expect(cloud.backend.stats().failures).toBe(0);
    cloud.cache.state = 'serving';
    expect((await cloud.request('/v1/events/e1/picture', { token })).status).toBe(200);
  },
);

test('a relation that could not be dropped from the cache does not change', async () => {
  await using cloud = await openTestCloud();
  const token = await cloud.login('ada');
  const original = cloud.cache.delete;
  cloud.cache.delete = async () => {
    throw new Error('the connection is closed');
  };
  const answer = await cloud.request('/v1/devices/front/transfer', {
    method: 'POST',
    token,
    body: { userId: 'ben' },
  });
  expect(answer.status).toBe(503);
  cloud.cache.delete = original;
  cloud.cache.values.clear();
  expect((await cloud.camera('front')).hello).toMatchObject({ ownerId: 'ada' });
});

const garbage = [
  ['bytes that are no text', Buffer.of(0xff, 0xfe, 0x00)],
  ['a picture', Buffer.of(0xff, 0xd8, 0xff, 0xe0)],
  ['nothing', Buffer.of()],
  ['null', Buffer.from('null')],
  ['a list', Buffer.from('[]')],
  ['an object of another shape', Buffer.from('{"userId":{"admin":true}}')],
  ['a session without its epoch', Buffer.from('{"userId":"ada"}')],
  ['an event', Buffer.from('{"deviceId":"front","ownerId":"ada"}')],
] as const;

test.each(garbage)('a session that reads as %s is no session', async (_what, value) => {
  await using cloud = await openTestCloud();
  const token = await cloud.login('ada');
  cloud.cache.values.set(`t:session:${token}`, value);
  const answer = await cloud.request('/v1/events', { token });
  expect([answer.status, answer.headers.get('x-user-id')]).toEqual([503, null]);
});

test.each(garbage)(
  'a list of devices or events that reads as %s is refused',
  async (_what, value) => {
    await using cloud = await openTestCloud();
    const token = await readyReader(cloud);
    cloud.cache.values.set('t:user:ada:devices', value);
    cloud.cache.values.set('t:user:ada:events', value);
    const answers = await Promise.all(reads.map(async (path) => cloud.request(path, { token })));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
  },
);

test.each(garbage.slice(0, 7))(
  'an owner that reads as %s is told to no camera',
  async (_what, value) => {
    await using cloud = await openTestCloud();
    cloud.cache.values.set('t:device:front:owner', value);
    await expect(cloud.camera('front')).rejects.toThrow('503');
  },
);

test('an owner that reads as an event is told to no camera', async () => {
  await using cloud = await openTestCloud();
  cloud.cache.values.set('t:device:front:owner', Buffer.from('{"deviceId":"x","ownerId":"ben"}'));
  await expect(cloud.camera('front')).rejects.toThrow('503');
});

test('one unreadable relation or picture closes its own place in a page, and the tap on it', async () => {
  await using cloud = await openTestCloud();
  const token = await readyReader(cloud);
  for (const eventId of ['e2', 'e3']) await cloud.upload('front', eventId);
  cloud.cache.values.set('t:event:e1', Buffer.from('{"ownerId":"ada"}'));
  cloud.cache.values.set('t:thumb:e2', Buffer.from('{"ownerId":"ada"}'));
  cloud.cache.values.set('t:clip:e2', Buffer.from('clip'));
  const page = await cloud.request('/v1/thumbnails?events=e1,e2,e3', { token });
  expect(page.bytes.toString('latin1').match(/x-status: \d+/g)).toEqual([
    'x-status: 503',
    'x-status: 503',
    'x-status: 200',
  ]);
  for (const path of ['/v1/events/e1/picture', '/v1/events/e2/picture', '/v1/events/e2/clip']) {
    expect((await cloud.request(path, { token })).status).toBe(503);
  }
});

test.each([
  ['a text', 'text'],
  ['null', null],
  ['a number', 1],
])('a client that answers with %s instead of bytes is not believed', async (_what, value) => {
  await using cloud = await openTestCloud();
  const token = await readyReader(cloud);
  cloud.cache.get = async () => value as unknown as Uint8Array;
  expect((await cloud.request('/v1/events', { token })).status).toBe(503);
  expect(cloud.calls.at(-1)).toMatchObject({ call: 'get', outcome: 'error', bytes: null });
});

test('a client that gives a page too few answers is not believed', async () => {
  await using cloud = await openTestCloud();
  const token = await readyReader(cloud);
  cloud.cache.getMany = async () => [];
  expect((await cloud.request('/v1/thumbnails?events=e1', { token })).status).toBe(503);
});

/** ada has an event `e1` and a session. */
async function readyReader(cloud: TestCloud): Promise<string> {
  await cloud.upload('front', 'e1');
  return cloud.login('ada');
}
