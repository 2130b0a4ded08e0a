import { describe, expect, test } from 'vitest';
import {
  type Script,
  type Sent,
  send,
  startCache,
  startOrigin,
  type TestCache,
  type TestOrigin,
  testStartUnixMs,
} from './http-cache-bench.ts';
import type { HttpCacheSettings } from './http-cache-rules.ts';

const anna: Sent = { fields: { authorization: 'Bearer anna' } };
const bert: Sent = { fields: { authorization: 'Bearer bert' } };

interface Bench extends AsyncDisposable {
  readonly origin: TestOrigin;
  readonly cache: TestCache;
  get(path: string, sent?: Sent): ReturnType<typeof send>;
}

async function open(script: Script, settings?: HttpCacheSettings): Promise<Bench> {
  const origin = await startOrigin(script);
  const cache = await startCache(origin.endpoint, settings);
  return {
    origin,
    cache,
    get: (path, sent) => send(cache.endpoint, path, sent),
    [Symbol.asyncDispose]: async () => {
      await cache[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

/** How often the origin is asked when the same is requested twice. */
async function askedFor(
  fields: Record<string, string>,
  sent: Sent = {},
  settings?: HttpCacheSettings,
): Promise<number> {
  await using bench = await open(() => ({ fields }), settings);
  await bench.get('/a', sent);
  await bench.get('/a', sent);
  return bench.origin.asked.length;
}

describe('what is stored', () => {
  test.for([
    ['max-age=60', 1],
    ['public, max-age=60', 1],
    ['s-maxage=60', 1],
    ['max-age=0, s-maxage="60"', 1],
    ['max-age=60, s-maxage=0', 2],
    ['no-store, max-age=60', 2],
    ['No-Store, max-age=60', 2],
    ['private, max-age=60', 2],
    ['private="set-cookie", max-age=60', 2],
    ['no-cache, max-age=60', 2],
    ['max-age=nonsense', 2],
    ['public', 2],
  ] as const)('cache-control: %s', async ([line, asked]) => {
    expect(await askedFor({ 'cache-control': line })).toBe(asked);
  });

  test('an answer that says nothing of its freshness is not stored: no guess is made', async () => {
    expect(await askedFor({})).toBe(2);
    expect(await askedFor({ 'last-modified': new Date(0).toUTCString() })).toBe(2);
    expect(await askedFor({}, {}, { freshSecondsUntold: 60 })).toBe(1);
  });

  test('an answer that expires in the future is fresh until then; a date that cannot be read is over', async () => {
    const inAMinute = new Date(testStartUnixMs + 60_000).toUTCString();
    expect(await askedFor({ expires: inAMinute })).toBe(1);
    expect(await askedFor({ expires: new Date(testStartUnixMs - 1_000).toUTCString() })).toBe(2);
    expect(await askedFor({ expires: '0' })).toBe(2);
    expect(await askedFor({ expires: '3000' })).toBe(2);
    expect(await askedFor({ expires: inAMinute, 'cache-control': 'max-age=0' })).toBe(2);
  });

  test('an answer to a request that forbids it, for a range, or of another method is not stored', async () => {
    const fresh = { 'cache-control': 'max-age=60' };
    expect(await askedFor(fresh, { fields: { 'cache-control': 'no-store' } })).toBe(2);
    expect(await askedFor(fresh, { fields: { range: 'bytes=0-1' } })).toBe(2);
    expect(await askedFor(fresh, { method: 'POST' })).toBe(2);
    expect(await askedFor(fresh, { method: 'HEAD' })).toBe(2);
  });

  test('an answer that was cut within its body is a 502, and is not stored', async () => {
    await using bench = await open((_, count) => ({
      fields: { 'cache-control': 'max-age=60' },
      isCut: count === 1,
    }));
    expect((await bench.get('/a')).status).toBe(502);
    expect((await bench.get('/a')).body).toBe('answer 2');
  });

  test('what was not used for longest makes room', async () => {
    await using bench = await open(() => ({ fields: { 'cache-control': 'max-age=60' } }), {
      storedBytesMax: 2_500,
    });
    for (const path of ['/a', '/b', '/a', '/c', '/a', '/b']) await bench.get(path);
    expect(bench.origin.asked.map(({ url }) => url)).toEqual(['/a', '/b', '/c', '/b']);
  });
});

/** Each rule as it is by itself, and the switch that breaks it. */
describe('people are kept apart', () => {
  const sameBody = async (
    {
      fields,
      settings,
      path = '/a',
    }: { fields: Record<string, string>; settings?: HttpCacheSettings; path?: string },
    [first, second]: readonly [Sent & { path?: string }, Sent & { path?: string }],
  ): Promise<boolean> => {
    await using bench = await open(() => ({ fields }), settings);
    const one = await bench.get(first.path ?? path, first);
    const other = await bench.get(second.path ?? path, second);
    return one.body === other.body;
  };
  const fresh = { 'cache-control': 'max-age=60' };
  const shared = { 'cache-control': 'max-age=60, public' };

  test('an answer to a request with Authorization is not stored, unless it says public, s-maxage or must-revalidate', async () => {
    expect(await sameBody({ fields: fresh }, [anna, bert])).toBe(false);
    expect(await sameBody({ fields: shared }, [anna, bert])).toBe(true);
    expect(await sameBody({ fields: { 'cache-control': 's-maxage=60' } }, [anna, bert])).toBe(true);
    const revalidated = { 'cache-control': 'max-age=60, must-revalidate' };
    expect(await sameBody({ fields: revalidated }, [anna, bert])).toBe(true);
  });

  test('with ignoreAuthorization one person is shown what another one asked for', async () => {
    const settings = { ignoreAuthorization: true };
    expect(await sameBody({ fields: fresh, settings }, [anna, bert])).toBe(true);
  });

  test('with the session in the key they are kept apart even so', async () => {
    const settings = { ignoreAuthorization: true, key: 'host+path+query+session' } as const;
    expect(await sameBody({ fields: fresh, settings }, [anna, bert])).toBe(false);
    expect(await sameBody({ fields: fresh, settings }, [anna, anna])).toBe(true);
    const cookies = [
      { fields: { cookie: 'session=1' } },
      { fields: { cookie: 'session=2' } },
    ] as const;
    expect(await sameBody({ fields: fresh, settings }, cookies)).toBe(false);
  });

  test('an answer is given only to requests with the same values of the fields that it varies by', async () => {
    const fields = { ...shared, vary: 'Cookie, Accept' };
    const cookies = [
      { fields: { cookie: 'session=1' } },
      { fields: { cookie: 'session=2' } },
    ] as const;
    expect(await sameBody({ fields }, cookies)).toBe(false);
    expect(await sameBody({ fields }, [cookies[0], cookies[0]])).toBe(true);
    expect(await sameBody({ fields }, [cookies[0], {}])).toBe(false);
    expect(await sameBody({ fields: { ...shared, vary: '*' } }, [{}, {}])).toBe(false);
    expect(await sameBody({ fields, settings: { ignoreVary: true } }, cookies)).toBe(true);
  });

  test('variants of one address are kept beside each other', async () => {
    await using bench = await open(() => ({ fields: { ...shared, vary: 'cookie' } }));
    const bodies: string[] = [];
    for (const cookie of ['1', '2', '1', '2'])
      bodies.push((await bench.get('/a', { fields: { cookie } })).body);
    expect(bodies).toEqual(['answer 1', 'answer 2', 'answer 1', 'answer 2']);
  });

  test('an answer that sets a cookie is not stored; with storeSetCookie the next one is handed the cookie', async () => {
    const fields = { ...shared, 'set-cookie': 'session=of-anna' };
    expect(await sameBody({ fields }, [{}, {}])).toBe(false);
    await using bench = await open((_, count) => ({ fields: count === 1 ? fields : shared }), {
      storeSetCookie: true,
    });
    await bench.get('/a');
    expect((await bench.get('/a')).fields['set-cookie']).toEqual(['session=of-anna']);
  });

  test('the key holds host, path and query, unless it is told to leave some out', async () => {
    const queries = [{ path: '/a?user=1' }, { path: '/a?user=2' }] as const;
    const hosts = [{ fields: { host: 'one.test' } }, { fields: { host: 'other.test' } }] as const;
    expect(await sameBody({ fields: shared }, queries)).toBe(false);
    expect(await sameBody({ fields: shared }, hosts)).toBe(false);
    expect(await sameBody({ fields: shared, settings: { key: 'path' } }, queries)).toBe(true);
    expect(await sameBody({ fields: shared, settings: { key: 'path+query' } }, queries)).toBe(
      false,
    );
    expect(await sameBody({ fields: shared, settings: { key: 'path+query' } }, hosts)).toBe(true);
  });

  test('with ignoreCacheControl and a guess even what is private is given to the next one', async () => {
    const fields = { 'cache-control': 'private, no-store' };
    expect(await sameBody({ fields, settings: { freshSecondsUntold: 60 } }, [{}, {}])).toBe(false);
    const settings = { freshSecondsUntold: 60, ignoreCacheControl: true };
    expect(await sameBody({ fields, settings }, [{}, {}])).toBe(true);
  });
});

describe('freshness', () => {
  test('age grows, counts what came with the answer, and ends the freshness', async () => {
    await using bench = await open(() => ({
      fields: { 'cache-control': 'max-age=60', age: '20' },
    }));
    expect((await bench.get('/a')).fields).toMatchObject({ 'x-cache': 'MISS', age: '20' });
    bench.cache.advanceMs(30_000);
    expect((await bench.get('/a')).fields).toMatchObject({ 'x-cache': 'HIT', age: '50' });
    bench.cache.advanceMs(10_000);
    expect((await bench.get('/a')).fields).toMatchObject({ 'x-cache': 'EXPIRED', age: '20' });
  });

  test('an old date counts as age', async () => {
    const date = new Date(testStartUnixMs - 100_000).toUTCString();
    expect(await askedFor({ 'cache-control': 'max-age=60', date })).toBe(2);
    expect(await askedFor({ 'cache-control': 'max-age=600', date })).toBe(1);
  });

  test('a request may want it younger, fresh for longer, validated, or not at all from the origin', async () => {
    await using bench = await open(() => ({ fields: { 'cache-control': 'max-age=60' } }));
    const wanting = async (line: string): Promise<string> => {
      const got = await bench.get('/a', { fields: { 'cache-control': line } });
      return `${got.status} ${got.fields['x-cache']}`;
    };
    expect(await wanting('only-if-cached')).toBe('504 MISS');
    await bench.get('/a');
    bench.cache.advanceMs(10_000);
    expect(await wanting('only-if-cached')).toBe('200 HIT');
    expect(await wanting('max-age=10')).toBe('200 HIT');
    expect(await wanting('min-fresh=50')).toBe('200 HIT');
    expect(await wanting('max-age=9')).toBe('200 EXPIRED');
    expect(await wanting('min-fresh=61')).toBe('200 EXPIRED');
    expect(await wanting('no-cache')).toBe('200 EXPIRED');
    expect((await bench.get('/a', { fields: { pragma: 'no-cache' } })).fields['x-cache']).toBe(
      'EXPIRED',
    );
  });

  test('what is over is not given when the origin is gone', async () => {
    const origin = await startOrigin(() => ({
      fields: { 'cache-control': 'max-age=60, must-revalidate', etag: '"1"' },
    }));
    await using cache = await startCache(origin.endpoint);
    await send(cache.endpoint, '/a');
    await origin[Symbol.asyncDispose]();
    expect((await send(cache.endpoint, '/a')).fields['x-cache']).toBe('HIT');
    cache.advanceMs(61_000);
    expect((await send(cache.endpoint, '/a')).status).toBe(504);
    expect((await send(cache.endpoint, '/b')).status).toBe(502);
  });
});

describe('validation', () => {
  test('what is over is asked after by its tag, and a 304 makes it fresh again with the new fields', async () => {
    await using bench = await open(({ headers }) => ({
      status: headers['if-none-match'] === '"1"' ? 304 : 200,
      fields: { 'cache-control': 'max-age=60', etag: '"1"', 'x-count': headers['x-count'] ?? '' },
    }));
    await bench.get('/a', { fields: { 'x-count': '1' } });
    bench.cache.advanceMs(61_000);
    const got = await bench.get('/a', { fields: { 'x-count': '2' } });
    expect(got).toMatchObject({
      status: 200,
      body: 'answer 1',
      fields: { 'x-cache': 'REVALIDATED', 'x-count': '2' },
    });
    expect((await bench.get('/a')).fields['x-cache']).toBe('HIT');
  });

  test('a 304 that forbids to store it, or is about another version, ends what was stored', async () => {
    await using bench = await open((_, count) =>
      count === 2
        ? { status: 304, fields: { 'cache-control': 'private, max-age=60', etag: '"1"' } }
        : { fields: { 'cache-control': 'max-age=60', etag: '"1"' } },
    );
    await bench.get('/a');
    bench.cache.advanceMs(61_000);
    expect((await bench.get('/a')).body).toBe('answer 1');
    expect((await bench.get('/a')).body).toBe('answer 3');
    await using other = await open((_, count) => ({
      status: count === 2 ? 304 : 200,
      fields: { 'cache-control': 'max-age=60', etag: count === 2 ? '"2"' : '"1"' },
    }));
    await other.get('/a');
    other.cache.advanceMs(61_000);
    expect((await other.get('/a')).body).toBe('answer 3');
  });

  test('a client that has it already is told so, from the store and after a validation', async () => {
    await using bench = await open(({ headers }) => ({
      status: headers['if-none-match'] === '"1"' ? 304 : 200,
      fields: { 'cache-control': 'max-age=60', etag: '"1"' },
    }));
    await bench.get('/a');
    const having = (tag: string): ReturnType<typeof send> =>
      bench.get('/a', { fields: { 'if-none-match': tag } });
    expect((await having('"0", W/"1"')).status).toBe(304);
    expect((await having('"0"')).status).toBe(200);
    bench.cache.advanceMs(61_000);
    expect(await having('"0"')).toMatchObject({ status: 200, body: 'answer 1' });
    expect(bench.origin.asked).toHaveLength(2);
    bench.cache.advanceMs(61_000);
    expect((await having('"1"')).status).toBe(304);
  });
});

test('a change makes what is stored of its address and of its Location invalid; one that failed does not', async () => {
  await using bench = await open(({ method }, count) => ({
    status: method === 'GET' ? 200 : count < 6 ? 500 : 201,
    fields: method === 'GET' ? { 'cache-control': 'max-age=60' } : { location: '/b' },
  }));
  const stored = async (path: string): Promise<boolean> =>
    (await bench.get(path)).fields['x-cache'] === 'HIT';
  for (const path of ['/a', '/b', '/c']) await bench.get(path);
  await bench.get('/a', { method: 'DELETE' });
  expect(await stored('/a')).toBe(true);
  await bench.get('/x');
  await bench.get('/a', { method: 'POST', body: 'x' });
  expect(await stored('/c')).toBe(true);
  expect(await stored('/a')).toBe(false);
  expect(await stored('/b')).toBe(false);
});

test('HEAD is served from what GET stored', async () => {
  await using bench = await open(() => ({ fields: { 'cache-control': 'max-age=60' } }));
  await bench.get('/a');
  expect(await bench.get('/a', { method: 'HEAD' })).toMatchObject({
    status: 200,
    body: '',
    fields: { 'x-cache': 'HIT', 'content-length': '8' },
  });
});

describe('the echo of the request id', () => {
  const named = (id: string): Sent => ({ fields: { 'x-request-id': id } });

  test("an answer from the store carries the present request's id, or none", async () => {
    await using bench = await open(() => ({ fields: { 'cache-control': 'max-age=60' } }));
    expect((await bench.get('/a', named('one'))).fields['x-request-id']).toBe('one');
    expect((await bench.get('/a', named('two'))).fields).toMatchObject({
      'x-request-id': 'two',
      'x-cache': 'HIT',
      age: '0',
    });
    expect((await bench.get('/a')).fields['x-request-id']).toBeUndefined();
  });

  test('an answer of the origin keeps the echo that the origin gave, also a wrong one', async () => {
    await using bench = await open(() => ({ fields: { 'x-request-id': 'of-another' } }));
    expect((await bench.get('/a', named('one'))).fields).toMatchObject({
      'x-request-id': 'of-another',
      'x-cache': 'MISS',
    });
  });
});

describe('requests at once', () => {
  const coalesced = async (
    { fields, settings }: { fields: Record<string, string>; settings: HttpCacheSettings },
    sents: readonly Sent[],
  ): Promise<{ bodies: string[]; ids: (string | undefined)[]; asked: number }> => {
    const gate = Promise.withResolvers<void>();
    await using bench = await open((_, count) => {
      if (count > 1) return { fields };
      return { fields, after: gate.promise };
    }, settings);
    const first = bench.get('/a', sents[0]);
    await expect.poll(() => bench.origin.asked.length).toBe(1);
    const others = sents.slice(1).map((sent) => bench.get('/a', sent));
    // An answer of its own shows that the cache has read what was sent before it.
    await bench.get('/other');
    gate.resolve();
    const got = await Promise.all([first, ...others]);
    const bodies = got.map(({ body }) => body);
    const ids = got.map(({ fields }) => fields['x-request-id']);
    return { bodies, ids, asked: bench.origin.asked.filter(({ url }) => url === '/a').length };
  };
  const shared = { 'cache-control': 'max-age=60, public' };
  const settings = { coalescing: 'storable' } as const;

  test('wait for one that is under way when its answer may be reused', async () => {
    const { bodies, asked } = await coalesced({ fields: shared, settings }, [{}, {}, {}]);
    expect({ distinct: new Set(bodies).size, asked }).toEqual({ distinct: 1, asked: 1 });
    const off = await coalesced({ fields: shared, settings: {} }, [{}, {}]);
    expect(off.asked).toBe(2);
  });

  test('are answered each for itself when it may not be reused, or differs in what it varies by', async () => {
    expect((await coalesced({ fields: {}, settings }, [{}, {}])).asked).toBe(2);
    const sents = [{ fields: { accept: 'a' } }, { fields: { accept: 'b' } }];
    const varying = { fields: { ...shared, vary: 'accept' }, settings };
    expect(new Set((await coalesced(varying, sents)).bodies).size).toBe(2);
  });

  test('of two people do not wait for each other, whatever the answer says', async () => {
    expect((await coalesced({ fields: shared, settings }, [anna, bert])).asked).toBe(2);
  });

  test('with same-key one person is handed the answer of another, private or not', async () => {
    const wrong = {
      fields: { 'cache-control': 'private' },
      settings: { coalescing: 'same-key' },
    } as const;
    const { bodies, ids } = await coalesced(wrong, [{ fields: { 'x-request-id': 'one' } }, {}]);
    expect(new Set(bodies).size).toBe(1);
    expect(ids).toEqual(['one', undefined]);
  });
});
