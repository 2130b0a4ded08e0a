import { expect, test } from 'vitest';
import { openTestCloud, type TestCloud } from './test-cloud.ts';

const form = /^ada\.[0-9a-f]{32}$/;

async function statusOf(cloud: TestCloud, shown: { token?: string; cookie?: string }) {
  return (await cloud.request('/v1/events', shown)).status;
}

const logout = async (cloud: TestCloud, token: string) =>
  cloud.request('/v1/sessions/current', { method: 'DELETE', token });

test('a session is handed out as a cookie too, and handed out again with every list', async () => {
  await using cloud = await openTestCloud();
  const body = { userId: 'ada', password: 'password-of-ada' };
  const login = await cloud.request('/v1/sessions', { method: 'POST', body });
  const { token } = login.json as { token: string };
  expect(token).toMatch(form);
  const cookie = `session=${token}; HttpOnly; Path=/`;
  expect(login.headers.get('set-cookie')).toBe(cookie);
  const list = await cloud.request('/v1/events', { token });
  expect(list.headers.get('set-cookie')).toBe(cookie);
  const refused = await cloud.request('/v1/events?limit=0', { token });
  expect(refused.headers.get('set-cookie')).toBeNull();
});

test('the cookie shows a session where there is no authorization', async () => {
  await using cloud = await openTestCloud();
  const [ada, ben] = [await cloud.login('ada'), await cloud.login('ben')];
  const list = await cloud.request('/v1/events', { cookie: `theme=dark; session=${ada}` });
  expect([list.status, list.headers.get('x-user-id')]).toEqual([200, 'ada']);
  const both = await cloud.request('/v1/events', { token: ben, cookie: `session=${ada}` });
  expect(both.headers.get('x-user-id')).toBe('ben');
  expect(await statusOf(cloud, { token: 'ada.0', cookie: `session=${ada}` })).toBe(401);
  expect(await statusOf(cloud, { token: 'of nobody', cookie: `session=${ada}` })).toBe(401);
  expect(await statusOf(cloud, { cookie: 'session=' })).toBe(401);
  expect(await statusOf(cloud, { cookie: `mysession=${ada}` })).toBe(401);
  expect(await statusOf(cloud, {})).toBe(401);
});

test('an ended session is over, whatever the cache held, and takes its cookie back', async () => {
  await using cloud = await openTestCloud();
  const [token, other] = [await cloud.login('ada'), await cloud.login('ada')];
  expect(await statusOf(cloud, { token })).toBe(200);
  const ended = await logout(cloud, token);
  expect([ended.status, ended.headers.get('x-user-id')]).toEqual([204, 'ada']);
  expect(ended.headers.get('set-cookie')).toBe('session=; HttpOnly; Path=/; Max-Age=0');
  expect(cloud.cache.values.has(`t:session:${token}`)).toBe(false);
  expect(await statusOf(cloud, { token })).toBe(401);
  expect((await logout(cloud, token)).status).toBe(401);
  expect(await statusOf(cloud, { token: other })).toBe(200);
});

test.each([
  { failing: 1, again: 204 },
  { failing: 2, again: 401 },
])(
  'a session whose copy could not be dropped, at drop $failing, is answered with 503 and is over when it is ended again',
  async ({ failing, again }) => {
    await using cloud = await openTestCloud();
    const token = await cloud.login('ada');
    const original = cloud.cache.delete;
    let drops = 0;
    cloud.cache.delete = async (key) => {
      drops += 1;
      if (drops === failing) throw new Error('the connection is closed');
      // A request that was under way puts the session back while it is being ended.
      const copy = cloud.cache.values.get(key);
      await original(key);
      if (drops === 1 && copy !== undefined) cloud.cache.values.set(key, copy);
    };
    expect((await logout(cloud, token)).status).toBe(503);
    cloud.cache.delete = original;
    expect((await logout(cloud, token)).status).toBe(again);
    expect(await statusOf(cloud, { token })).toBe(401);
  },
);

test('what was put back while a session was being ended is dropped again', async () => {
  await using cloud = await openTestCloud();
  const token = await cloud.login('ada');
  const original = cloud.cache.delete;
  let drops = 0;
  cloud.cache.delete = async (key) => {
    drops += 1;
    const copy = cloud.cache.values.get(key);
    await original(key);
    if (drops === 1 && copy !== undefined) cloud.cache.values.set(key, copy);
  };
  expect((await logout(cloud, token)).status).toBe(204);
  expect(await statusOf(cloud, { token })).toBe(401);
});
