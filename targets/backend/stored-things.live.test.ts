import { expect, test } from 'vitest';
import { digestOf } from './digests.ts';
import type { StoredCursor } from './stored-things.ts';
import { openTestCloud, pictureOf, type TestCloud } from './test-cloud.ts';

test('page by page everything in the source of truth is told, under the keys that the cache has for it', async () => {
  await using cloud = await openTestCloud();
  for (let index = 1; index <= 120; index += 1) await cloud.upload('front', `e${index}`);
  const token = await cloud.login('ada');
  const { pages, stored } = contentsOf(cloud);
  expect(pages).toBeGreaterThan(4);
  expect(stored.get('t:device:front:owner')).toBe(digest('{"ownerId":"ada"}'));
  expect(stored.get(`t:session:${token}`)).toBe(digest('{"userId":"ada","epoch":0}'));
  const devices = '{"devices":[{"deviceId":"front","ownerId":"ada"}]}';
  expect(stored.get('t:user:cleo:devices')).toBe(digest(devices));
  expect(stored.get('t:event:e120')).toBe(digest('{"deviceId":"front","ownerId":"ada"}'));
  for (let index = 1; index <= 120; index += 1) {
    const eventId = `e${index}`;
    expect(stored.get(`t:thumb:${eventId}`)).toBe(digestOf(pictureOf(eventId)));
    expect(stored.get(`t:clip:${eventId}`)).toBe(digestOf(pictureOf(eventId, 'clip')));
  }
  expect(stored.size).toBe(1 + 3 + 2 * 3 + 3 * 120);
});

test('an ended session and a removed device are not told any more', async () => {
  await using cloud = await openTestCloud();
  await cloud.upload('front', 'e1');
  const [token, other] = [await cloud.login('ada'), await cloud.login('ada')];
  await cloud.request('/v1/sessions/current', { method: 'DELETE', token: other });
  await cloud.request('/v1/devices/front', { method: 'DELETE', token });
  const keys = [...contentsOf(cloud).stored.keys()];
  expect(keys.filter((key) => key.includes('session'))).toEqual([`t:session:${token}`]);
  expect(keys.filter((key) => key.includes('front') || key.includes('e1'))).toEqual([]);
});

function contentsOf({ backend }: TestCloud) {
  const stored = new Map<string, string>();
  let pages = 0;
  let from: StoredCursor | undefined;
  do {
    const { things, next } = backend.stored(from);
    for (const { key, value } of things) {
      expect(stored.has(key)).toBe(false);
      stored.set(key, digestOf(value));
    }
    from = next ?? undefined;
    pages += 1;
  } while (from !== undefined);
  return { stored, pages };
}

function digest(text: string): string {
  return digestOf(Buffer.from(text));
}
