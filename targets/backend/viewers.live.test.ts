import { expect, test } from 'vitest';
import { readMultipart } from '../../harness/fleet/multipart.ts';
import { digestOf } from './digests.ts';
import { openTestCloud, pictureOf, type TestAnswer } from './test-cloud.ts';

test('a person logs in, and every answer echoes the request and names the user', async () => {
  await using cloud = await openTestCloud();
  const body = { userId: 'ada', password: 'password-of-ada' };
  const login = await cloud.request('/v1/sessions', { method: 'POST', body, requestId: 'r-1' });
  expect(login.status).toBe(201);
  expect(login.headers.get('x-request-id')).toBe('r-1');
  const { token } = login.json as { token: string };
  expect(login.json).toEqual({
    token: expect.stringMatching(/^ada\.[0-9a-f]{32}$/),
    userId: 'ada',
  });
  const list = await cloud.request('/v1/events', { token, requestId: 'r-2' });
  expect(list.headers.get('x-request-id')).toBe('r-2');
  expect(list.headers.get('x-user-id')).toBe('ada');
  expect(list.json).toEqual({ events: [] });
});

test('the Events tab lists own and shared events, newest first and no more than asked', async () => {
  await using cloud = await openTestCloud();
  for (const eventId of ['e1', 'e2', 'e3']) await cloud.upload('front', eventId);
  await cloud.upload('yard', 'e4');
  const events = ['e3', 'e2', 'e1'].map((eventId) => ({
    eventId,
    deviceId: 'front',
    kind: 'sound',
    version: 1,
  }));
  for (const [userId, expected] of [
    ['ada', events],
    ['cleo', events],
    ['ben', [{ eventId: 'e4', deviceId: 'yard', kind: 'sound', version: 1 }]],
  ] as const) {
    const token = await cloud.login(userId);
    expect((await cloud.request('/v1/events', { token })).json).toEqual({ events: expected });
    const two = await cloud.request('/v1/events?limit=2', { token });
    expect(two.json).toEqual({ events: expected.slice(0, 2) });
  }
});

test('an upload shows up in a list that was cached before', async () => {
  await using cloud = await openTestCloud();
  const [ada, cleo] = [await cloud.login('ada'), await cloud.login('cleo')];
  expect((await cloud.request('/v1/events', { token: ada })).json).toEqual({ events: [] });
  expect((await cloud.request('/v1/events', { token: cleo })).json).toEqual({ events: [] });
  await cloud.upload('front', 'e1');
  for (const token of [ada, cleo]) {
    const { json } = await cloud.request('/v1/events', { token });
    expect(json).toMatchObject({ events: [{ eventId: 'e1' }] });
  }
});

test('a page answers each event in the order asked: the picture, not yours, not there', async () => {
  await using cloud = await openTestCloud();
  for (const eventId of ['e1', 'e2']) await cloud.upload('front', eventId);
  await cloud.upload('yard', 'e3');
  const token = await cloud.login('ada');
  const page = await cloud.request('/v1/thumbnails?events=e2,e3,none,e1,e2', { token });
  expect(page.status).toBe(200);
  expect(partsOf(page)).toEqual([
    ['e2', 200, pictureOf('e2')],
    ['e3', 403, Buffer.alloc(0)],
    ['none', 404, Buffer.alloc(0)],
    ['e1', 200, pictureOf('e1')],
    ['e2', 200, pictureOf('e2')],
  ]);
});

test('a page is read with one getMany of relations and one of pictures', async () => {
  await using cloud = await openTestCloud();
  for (const eventId of ['e1', 'e2']) await cloud.upload('front', eventId);
  const token = await cloud.login('ada');
  await cloud.request('/v1/thumbnails?events=e1,e2', { token, requestId: 'page' });
  const rows = cloud.calls.filter(({ requestId }) => requestId === 'page');
  expect(rows.map(({ call, key, outcome }) => [call, key, outcome])).toEqual([
    ['get', `t:session:${token}`, 'hit'],
    ['get', 't:user:ada:devices', 'miss'],
    ['set', 't:user:ada:devices', 'stored'],
    ['getMany', 't:event:e1', 'hit'],
    ['getMany', 't:event:e2', 'hit'],
    ['getMany', 't:thumb:e1', 'hit'],
    ['getMany', 't:thumb:e2', 'hit'],
  ]);
  expect(new Set(rows.slice(3, 5).map(({ callId }) => callId)).size).toBe(1);
  // printf '\xff\xd8\xff\xe0thumbnail of e1' | sha1sum | cut -c1-16
  expect(rows.at(-2)).toMatchObject({ bytes: 19, digest: '01a99fcad484525e', error: null });
  expect(cloud.origins.filter(({ requestId }) => requestId === 'page')).toMatchObject([
    { key: 't:user:ada:devices' },
  ]);
});

test('what the cache lost is loaded again, once, and written back', async () => {
  await using cloud = await openTestCloud();
  await cloud.upload('front', 'e1');
  const token = await cloud.login('ada');
  cloud.cache.values.clear();
  for (const requestId of ['first', 'second']) {
    const page = await cloud.request('/v1/thumbnails?events=e1', { token, requestId });
    expect(partsOf(page)).toEqual([['e1', 200, pictureOf('e1')]]);
  }
  const loaded = (id: string): string[] =>
    cloud.origins.filter(({ requestId }) => requestId === id).map(({ key }) => key);
  expect(loaded('first')).toEqual([
    `t:session:${token}`,
    't:user:ada:devices',
    't:event:e1',
    't:thumb:e1',
  ]);
  expect(loaded('second')).toEqual([]);
});

test('a tap shows the picture and plays the clip, to owner and sharer only', async () => {
  await using cloud = await openTestCloud();
  await cloud.upload('front', 'e1');
  for (const userId of ['ada', 'cleo']) {
    const token = await cloud.login(userId);
    const picture = await cloud.request('/v1/events/e1/picture', { token });
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect(picture.bytes).toEqual(pictureOf('e1'));
    const clip = await cloud.request('/v1/events/e1/clip', { token });
    expect(clip.headers.get('content-type')).toBe('video/x-motion-jpeg');
    expect(clip.bytes).toEqual(pictureOf('e1', 'clip'));
  }
  const token = await cloud.login('ben');
  for (const path of ['/v1/events/e1/picture', '/v1/events/e1/clip']) {
    const refused = await cloud.request(path, { token });
    expect([refused.status, refused.headers.get('x-user-id')]).toEqual([403, 'ben']);
  }
  expect((await cloud.request('/v1/events/none/picture', { token })).status).toBe(404);
});

test('a share begins and ends at once, also for what was cached', async () => {
  await using cloud = await openTestCloud();
  await cloud.upload('front', 'e1');
  const [ada, ben] = [await cloud.login('ada'), await cloud.login('ben')];
  const picture = async (): Promise<number> =>
    (await cloud.request('/v1/events/e1/picture', { token: ben })).status;
  const shares = '/v1/devices/front/shares';
  expect(await picture()).toBe(403);
  const body = { userId: 'ben' };
  expect((await cloud.request(shares, { method: 'POST', token: ada, body })).status).toBe(204);
  expect(await picture()).toBe(200);
  expect((await cloud.request(`${shares}/ben`, { method: 'DELETE', token: ada })).status).toBe(204);
  expect(await picture()).toBe(403);
  expect((await cloud.request('/v1/events', { token: ben })).json).toEqual({ events: [] });
});

test('a transferred device leaves its past events with whom they were recorded for', async () => {
  await using cloud = await openTestCloud();
  await cloud.upload('front', 'old');
  const [ada, ben, cleo] = [
    await cloud.login('ada'),
    await cloud.login('ben'),
    await cloud.login('cleo'),
  ];
  const body = { userId: 'ben' };
  const transfer = { method: 'POST', token: ada, body };
  expect((await cloud.request('/v1/devices/front/transfer', transfer)).status).toBe(204);
  expect((await cloud.camera('front')).hello).toMatchObject({ ownerId: 'ben' });
  await cloud.upload('front', 'new');
  const seen = async (token: string): Promise<unknown[]> =>
    partsOf(await cloud.request('/v1/thumbnails?events=old,new', { token })).map(
      ([, status]) => status,
    );
  expect(await seen(ada)).toEqual([200, 403]);
  expect(await seen(ben)).toEqual([403, 200]);
  expect(await seen(cleo)).toEqual([403, 403]);
  expect((await cloud.request('/v1/devices/front/transfer', transfer)).status).toBe(403);
});

test('a removed device is gone with its events', async () => {
  await using cloud = await openTestCloud();
  await cloud.upload('front', 'e1');
  const token = await cloud.login('ada');
  expect((await cloud.request('/v1/events/e1/picture', { token })).status).toBe(200);
  const remove = { method: 'DELETE', token };
  expect((await cloud.request('/v1/devices/front', remove)).status).toBe(204);
  expect((await cloud.request('/v1/events/e1/picture', { token })).status).toBe(404);
  expect((await cloud.request('/v1/events', { token })).json).toEqual({ events: [] });
  expect((await cloud.request('/v1/devices/front', remove)).status).toBe(404);
  await expect(cloud.camera('front')).rejects.toThrow('404');
});

test.each([
  ['POST', '/v1/sessions', { userId: 'ada' }, 400],
  ['POST', '/v1/sessions', '{"userId":', 400],
  ['POST', '/v1/sessions', { userId: 'ada', password: 'wrong' }, 401],
  ['POST', '/v1/sessions', { userId: 'nobody', password: 'password-of-nobody' }, 401],
  ['GET', '/v1/events?limit=0', undefined, 400],
  ['GET', '/v1/events?limit=51', undefined, 400],
  ['GET', '/v1/events?limit=1&limit=2', undefined, 400],
  ['GET', '/v1/thumbnails', undefined, 400],
  ['GET', '/v1/thumbnails?events=a,,b', undefined, 400],
  ['GET', '/v1/events/a%0D%0Ab/picture', undefined, 400],
  ['POST', '/v1/devices/yard/shares', { userId: 'cleo' }, 403],
  ['POST', '/v1/devices/front/shares', { userId: 'nobody' }, 404],
  ['POST', '/v1/devices/front/shares', {}, 400],
  ['DELETE', '/v1/devices/yard/shares/cleo', undefined, 403],
  ['POST', '/v1/devices/front/transfer', { userId: 'nobody' }, 404],
  ['DELETE', '/v1/devices/yard', undefined, 403],
  ['DELETE', '/v1/devices/nowhere', undefined, 404],
  ['GET', '/v1/cameras/front/connection', undefined, 400],
  ['GET', '/nowhere', undefined, 404],
])('%s %s %j is answered with %i', async (method, path, body, status) => {
  await using cloud = await openTestCloud();
  const token = await cloud.login('ada');
  const answer = await cloud.request(path, { method, token, body });
  expect(answer.status).toBe(status);
  expect(answer.json).toEqual({ error: expect.any(String) });
  expect(answer.headers.get('x-request-id')).toBe('request-1');
});

test.each(['/v1/events', '/v1/thumbnails?events=e', '/v1/events/e/picture', '/v1/events/e/clip'])(
  '%s needs a session',
  async (path) => {
    await using cloud = await openTestCloud();
    for (const options of [{}, { token: 'f'.repeat(32) }, { token: 'a b' }, { token: '../x' }]) {
      const answer = await cloud.request(path, options);
      expect([answer.status, answer.headers.get('x-user-id')]).toEqual([401, null]);
    }
  },
);

test('the same seed gives the same tokens', async () => {
  await using one = await openTestCloud();
  await using other = await openTestCloud();
  expect(await one.login('ada')).toBe(await other.login('ada'));
  expect(await one.login('ada')).not.toBe(await one.login('ada'));
});

function partsOf(answer: TestAnswer): [string, number, Buffer][] {
  const page = readMultipart(answer.headers.get('content-type') ?? undefined, answer.bytes);
  if (page.state === 'odd') throw new Error(page.says);
  return page.parts.map(({ eventId, status, bytes }) => [eventId, status, Buffer.from(bytes)]);
}

test('what leaves is written down as it leaves, a row a picture, and so is what was loaded', async () => {
  await using cloud = await openTestCloud();
  for (const eventId of ['e1', 'e2']) await cloud.upload('front', eventId);
  const token = await cloud.login('ada');
  cloud.cache.values.delete('t:thumb:e2');
  await cloud.request('/v1/thumbnails?events=e1,nowhere,e2', { token, requestId: 'page' });
  await cloud.request('/v1/events/e1/picture', { token, requestId: 'tap' });
  await cloud.request('/v1/events/e1/clip', { token, requestId: 'clip' });
  await cloud.request('/v1/events/nowhere/clip', { token, requestId: 'nothing' });
  const [first, second] = [digestOf(pictureOf('e1')), digestOf(pictureOf('e2'))];
  const userId = 'ada';
  expect(cloud.answers).toMatchObject([
    { requestId: 'page', userId, place: 0, askedEventId: 'e1', digest: first },
    { requestId: 'page', userId, place: 2, askedEventId: 'e2', digest: second },
    { requestId: 'tap', userId, place: 0, askedEventId: 'e1', digest: first },
    {
      requestId: 'clip',
      userId,
      place: 0,
      askedEventId: 'e1',
      digest: digestOf(pictureOf('e1', 'clip')),
    },
  ]);
  const loaded = cloud.origins.filter(({ key }) => key.startsWith('t:thumb:'));
  expect(loaded).toMatchObject([{ key: 't:thumb:e2', requestId: 'page', digest: second }]);
  const missing = cloud.origins.find(({ key }) => key === 't:event:nowhere');
  expect(missing?.digest).toBeNull();
});
