import { expect, test } from 'vitest';
import type { Mitigation } from './mitigations.ts';
import { openTestCloud, pictureOf, type TestCloud } from './test-cloud.ts';

/** What ben is shown of ada's home, when the cache crosses two keys. */
interface Crossing {
  readonly says: string;
  /** Crosses, and answers with what ben got to see: an empty list when nothing of ada's came through. */
  readonly leak: (cloud: TestCloud) => Promise<readonly string[]>;
  readonly stoppedBy: readonly Mitigation[];
}

/** The switches of the table in `docs/cloud-api.md`; each crossing says which of them stop it. */
const switches = ['verify-owner', 'bypass-mapping-cache', 'seal-values', 'events-off'] as const;

const crossings: readonly Crossing[] = [
  {
    says: 'two sessions',
    leak: async (cloud) => {
      const [ada, ben] = [await cloud.login('ada'), await cloud.login('ben')];
      cloud.cache.cross(`t:session:${ada}`, `t:session:${ben}`);
      return seenBy(cloud, ben);
    },
    stoppedBy: ['bypass-mapping-cache', 'seal-values', 'events-off'],
  },
  {
    says: 'two pictures',
    leak: async (cloud) => {
      cloud.cache.cross('t:thumb:of-ada', 't:thumb:of-ben');
      return seenBy(cloud, await cloud.login('ben'));
    },
    stoppedBy: ['verify-owner', 'seal-values', 'events-off'],
  },
  {
    says: 'two clips',
    leak: async (cloud) => {
      cloud.cache.cross('t:clip:of-ada', 't:clip:of-ben');
      return seenBy(cloud, await cloud.login('ben'));
    },
    stoppedBy: ['verify-owner', 'seal-values', 'events-off'],
  },
  {
    says: 'two lists of events',
    leak: async (cloud) => {
      const ben = await warmBen(cloud);
      cloud.cache.cross('t:user:ada:events', 't:user:ben:events');
      const { json } = await cloud.request('/v1/events', { token: ben });
      const events = (json as { events?: { eventId: string }[] }).events ?? [];
      return events.map(({ eventId }) => eventId).filter((eventId) => eventId === 'of-ada');
    },
    stoppedBy: ['verify-owner', 'seal-values', 'events-off'],
  },
  {
    says: 'two lists of devices, with shares',
    leak: async (cloud) => {
      const cleo = await cloud.login('cleo');
      await seenBy(cloud, cleo);
      const ben = await warmBen(cloud);
      cloud.cache.cross('t:user:cleo:devices', 't:user:ben:devices');
      return seenBy(cloud, ben);
    },
    stoppedBy: ['verify-owner', 'bypass-mapping-cache', 'seal-values', 'events-off'],
  },
  {
    says: 'two events',
    leak: async (cloud) => {
      cloud.cache.cross('t:event:of-ada', 't:event:of-ben');
      return seenBy(cloud, await cloud.login('ben'));
    },
    stoppedBy: ['verify-owner', 'bypass-mapping-cache', 'seal-values', 'events-off'],
  },
  {
    says: 'the owners of two cameras, so that an upload is filed under the wrong one',
    leak: async (cloud) => {
      for (const deviceId of ['front', 'yard']) (await cloud.camera(deviceId)).socket.terminate();
      cloud.cache.cross('t:device:front:owner', 't:device:yard:owner');
      await cloud.upload('front', 'of-ada').catch(() => {});
      cloud.cache.values.delete('t:thumb:of-ada');
      return seenBy(cloud, await cloud.login('ben'));
    },
    stoppedBy: ['verify-owner', 'bypass-mapping-cache', 'seal-values', 'events-off'],
  },
];

for (const { says, leak, stoppedBy } of crossings) {
  test(`a cache that crosses ${says} shows a stranger's picture when nothing is switched on`, async () => {
    await using cloud = await cloudWithEvents();
    expect(await leak(cloud)).not.toEqual([]);
  });
  test.each(switches)(`%s against a cache that crosses ${says}`, async (mitigation) => {
    await using cloud = await cloudWithEvents(mitigation);
    const stopped = (await leak(cloud)).length === 0;
    expect({ mitigation, stopped }).toEqual({
      mitigation,
      stopped: stoppedBy.includes(mitigation),
    });
  });
}

test.each([
  [[]],
  [['verify-owner']],
  [['bypass-mapping-cache']],
  [['seal-values']],
  [['verify-owner', 'bypass-mapping-cache', 'seal-values', 'revoke-sessions']],
] as const satisfies readonly (readonly [readonly Mitigation[]])[])(
  'with %j and a correct cache everybody sees what is theirs, warm and cold',
  async (mitigations) => {
    await using cloud = await cloudWithEvents(...mitigations);
    for (const cold of [false, true]) {
      if (cold) cloud.cache.values.clear();
      for (const userId of ['ada', 'cleo']) {
        const token = await cloud.login(userId);
        const picture = await cloud.request('/v1/events/of-ada/picture', { token });
        expect(picture.bytes).toEqual(pictureOf('of-ada'));
        const page = await cloud.request('/v1/thumbnails?events=of-ada', { token });
        expect(page.bytes.includes(pictureOf('of-ada'))).toBe(true);
        const list = await cloud.request('/v1/events', { token });
        expect(list.json).toMatchObject({ events: [{ eventId: 'of-ada' }] });
      }
    }
  },
);

test('seal-values refuses a value that was stored without a seal', async () => {
  await using cloud = await cloudWithEvents('seal-values');
  const token = await cloud.login('ada');
  for (const value of [pictureOf('of-ada'), Buffer.of(0, 200, 1), Buffer.of()]) {
    cloud.cache.values.set('t:thumb:of-ada', value);
    expect((await cloud.request('/v1/events/of-ada/picture', { token })).status).toBe(503);
  }
});

test('events-off closes the Events tab, and nothing else', async () => {
  await using cloud = await cloudWithEvents('events-off');
  const token = await cloud.login('ada');
  for (const path of [
    '/v1/events',
    '/v1/thumbnails?events=of-ada',
    '/v1/events/of-ada/picture',
    '/v1/events/of-ada/clip',
  ]) {
    expect((await cloud.request(path, { token })).status).toBe(503);
  }
  expect((await cloud.camera('front')).hello).toMatchObject({ ownerId: 'ada' });
});

test('revoke-sessions ends every session, whatever the cache still holds', async () => {
  await using cloud = await cloudWithEvents('revoke-sessions');
  const old = await cloud.login('ada');
  const held = new Map(cloud.cache.values);
  await cloud.backend.revokeSessions();
  for (const [key, value] of held) cloud.cache.values.set(key, value);
  expect((await cloud.request('/v1/events', { token: old })).status).toBe(401);
  const fresh = await cloud.login('ada');
  expect((await cloud.request('/v1/events', { token: fresh })).status).toBe(200);
});

test('sessions cannot be revoked while that mitigation is off', async () => {
  await using cloud = await openTestCloud();
  await expect(cloud.backend.revokeSessions()).rejects.toThrow('revoke-sessions is off');
});

async function cloudWithEvents(...mitigations: readonly Mitigation[]): Promise<TestCloud> {
  const cloud = await openTestCloud(...mitigations);
  await cloud.upload('front', 'of-ada');
  await cloud.upload('yard', 'of-ben');
  return cloud;
}

/** Fills ben's and ada's entries in the cache, and answers with ben's session. */
async function warmBen(cloud: TestCloud): Promise<string> {
  for (const userId of ['ada', 'ben']) {
    const token = await cloud.login(userId);
    await cloud.request('/v1/events', { token });
    await cloud.request('/v1/events/of-ben/picture', { token });
  }
  return cloud.login('ben');
}

/** Everything that was recorded in ada's home and is shown to this session. */
async function seenBy(cloud: TestCloud, token: string): Promise<readonly string[]> {
  const answers = await Promise.all(
    surfaces.map(async (path) => ({ path, answer: await cloud.request(path, { token }) })),
  );
  return answers
    .filter(({ answer }) => / of of-ada/.test(answer.bytes.toString('latin1')))
    .map(({ path }) => path);
}

const surfaces = [
  '/v1/thumbnails?events=of-ben,of-ada',
  '/v1/events/of-ada/picture',
  '/v1/events/of-ben/picture',
  '/v1/events/of-ada/clip',
  '/v1/events/of-ben/clip',
] as const;
