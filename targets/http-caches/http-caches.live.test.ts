import { once } from 'node:events';
import {
  createServer,
  get,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { libraryFolder, packageFolder } from '../../harness/cli/package-facts.ts';
import { loadHttpCache } from '../../harness/cli/web-cache-choice.ts';
import type { WebCacheAnswers, WebCacheKey } from '../../harness/model/plan.ts';
import type { Endpoint } from '../../harness/model/target.ts';
import { send } from '../../harness/services/http-cache-bench.ts';
import { createGatewayServer } from './gateway.ts';
import type { HttpCacheLibrary } from './http-cache-library.ts';
import { httpCaches } from './index.ts';

/** Each library that caches HTTP answers, in the gateway, before an origin of the test's own; no run. */
interface Loaded {
  readonly httpCache: HttpCacheLibrary;
  readonly library: unknown;
  readonly companions: Readonly<Record<string, unknown>>;
  /** Why it is not there, in brackets. */
  readonly missing: string;
}

async function loaded(load: () => Promise<HttpCacheLibrary>): Promise<Loaded> {
  const httpCache = await load();
  const imported = async (file: string): Promise<unknown> => import(pathToFileURL(file).href);
  try {
    const { libraryPath, companionPaths } = await loadHttpCache(httpCache, {
      cacheFolder: libraryFolder(),
      installedFrom: packageFolder(),
      npmCommand: ['npm'],
      signal: AbortSignal.timeout(60_000),
      say: () => undefined,
    });
    const companions: Record<string, unknown> = {};
    for (const [name, file] of Object.entries(companionPaths))
      companions[name] = await imported(file);
    return { httpCache, library: await imported(libraryPath), companions, missing: '' };
  } catch (error) {
    const missing = ` (cannot be fetched: ${(error as Error).message})`;
    return { httpCache, library: null, companions: {}, missing };
  }
}

async function listening(server: Server): Promise<Endpoint> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { host: '127.0.0.1', port: address.port };
}

interface Bench extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** How many requests came to the origin. */
  readonly asked: () => number;
  readonly connections: () => Promise<number>;
  /** Closes the library, and nothing else. */
  readonly closeLibrary: () => Promise<void>;
}

/** An origin that answers as it is told, and the library in its gateway before it. */
async function bench(
  { httpCache, library, companions }: Loaded,
  listener: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
  keyedBy: WebCacheKey = 'url-and-session',
): Promise<Bench> {
  let asked = 0;
  const origin = createServer((request, response) => {
    asked += 1;
    const echo = request.headers['x-request-id'];
    if (echo !== undefined) response.setHeader('x-request-id', echo);
    void listener(request, response);
  });
  const open = httpCache.open({
    library,
    companions,
    origin: await listening(origin),
    keyedBy,
    freshSeconds: 60,
  });
  const gateway = createGatewayServer(open);
  return {
    endpoint: await listening(gateway),
    asked: () => asked,
    connections: async () =>
      new Promise((resolve) => {
        origin.getConnections((_error, count) => resolve(count));
      }),
    closeLibrary: () => open.close(),
    [Symbol.asyncDispose]: async () => {
      gateway.close();
      gateway.closeAllConnections();
      await open.close();
      origin.close();
      origin.closeAllConnections();
    },
  };
}

/** What a backend says of caching, as in `targets/backend/answer-policy.ts`. */
const said: Readonly<Record<WebCacheAnswers, Readonly<Record<string, string>>>> = {
  nothing: {},
  private: { 'cache-control': 'private, max-age=60' },
  vary: { 'cache-control': 'public, max-age=60', vary: 'Authorization, Cookie' },
};

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
const anna = { authorization: 'Bearer anna', 'x-request-id': 'anna-1' };
const bert = { authorization: 'Bearer bert', 'x-request-id': 'bert-1' };

/** Whether one person is given the answer to another: by the library, how it is keyed, and what the answer says. */
const shared: Readonly<Record<string, Partial<Record<WebCacheKey, readonly WebCacheAnswers[]>>>> = {
  undici: {},
  'cacheable-request': {},
  // Without a word about caching it keeps an answer for everyone, Authorization or not.
  'axios-cache-interceptor': { url: ['nothing'] },
  // It reads nothing of what the answer says.
  apicache: { url: ['nothing', 'private', 'vary'] },
};

for (const each of await Promise.all(Object.values(httpCaches).map(loaded))) {
  const { name } = each.httpCache;
  // docs/findings/cacheable-request-error-and-vary.md
  const givesStranger = name === 'cacheable-request';
  describe.skipIf(each.missing !== '')(`${name}${each.missing}`, () => {
    test('passes bodies of any length and any bytes, in pieces, and gives the same bytes again', async () => {
      const bodies = [Buffer.alloc(0), everyByte, Buffer.alloc(1_000_000, everyByte)];
      await using stand = await bench(each, ({ url }, response) => {
        const body = bodies[Number(url?.slice(1))] ?? Buffer.alloc(0);
        response.writeHead(200, { ...said.vary, 'content-type': 'image/jpeg' });
        for (let at = 0; at < body.length; at += 70_001)
          response.write(body.subarray(at, at + 70_001));
        response.end();
      });
      for (const [index, body] of bodies.entries()) {
        for (let time = 0; time < 2; time += 1) {
          const got = await send(stand.endpoint, `/${index}`, { fields: anna });
          expect(got.status).toBe(200);
          expect(got.fields['content-type']).toBe('image/jpeg');
          expect(Buffer.from(got.body, 'latin1').equals(body)).toBe(true);
        }
      }
    });

    test('says the id of the present request on what it had, and that it had it', async () => {
      await using stand = await bench(each, (_request, response) => {
        response.writeHead(200, said.vary).end('kept');
      });
      const first = await send(stand.endpoint, '/a', { fields: anna });
      const fields = { ...anna, 'x-request-id': 'anna-2' };
      await expect
        .poll(async () => (await send(stand.endpoint, '/a', { fields })).fields['x-cache'])
        .toBe('HIT');
      const again = await send(stand.endpoint, '/a', { fields });
      expect(first.fields).toMatchObject({ 'x-request-id': 'anna-1', 'x-cache': 'MISS' });
      expect(again.fields).toMatchObject({ 'x-request-id': 'anna-2', 'x-cache': 'HIT' });
      expect(again.body).toBe('kept');
    });

    test('gives everybody the own answer when many ask for the same at once', async () => {
      await using stand = await bench(each, ({ headers }, response) => {
        setImmediate(() => response.writeHead(200, said.vary).end(`for ${headers.authorization}`));
      });
      const people = Array.from({ length: 40 }, (_, index) => `Bearer person-${index % 8}`);
      const answers = await Promise.all(
        people.map(async (authorization, index) => {
          const fields = { authorization, 'x-request-id': `request-${index}` };
          return send(stand.endpoint, '/me', { fields });
        }),
      );
      expect(answers.map(({ body }) => body)).toEqual(people.map((person) => `for ${person}`));
      expect(answers.map(({ fields }) => fields['x-request-id'])).toEqual(
        people.map((_person, index) => `request-${index}`),
      );
    });

    test('passes what is sent, and refusals, on as they are', async () => {
      await using stand = await bench(each, async (request, response) => {
        let text = '';
        for await (const chunk of request) text += String(chunk);
        const status = Number(request.url?.slice(1));
        response.writeHead(status, { 'set-cookie': 'session=1; Path=/' });
        response.end(`${request.method} ${request.headers['content-type']} ${text}`);
      });
      const fields = { ...anna, 'content-type': 'application/json' };
      const login = await send(stand.endpoint, '/201', { method: 'POST', fields, body: '{"a":1}' });
      expect(login).toMatchObject({ status: 201, body: 'POST application/json {"a":1}' });
      expect(login.fields['set-cookie']).toEqual(['session=1; Path=/']);
      expect(await send(stand.endpoint, '/200', { method: 'DELETE', fields })).toMatchObject({
        status: 200,
        body: 'DELETE application/json ',
      });
      for (const status of [401, 403, 404, 503]) {
        const got = await send(stand.endpoint, `/${status}`, { fields });
        expect(got).toMatchObject({ status, body: 'GET application/json ' });
        expect(got.fields['x-request-id']).toBe('anna-1');
      }
    });

    test('ends an answer that the origin cut, and is there for the next one', async () => {
      let isCut = true;
      await using stand = await bench(each, (_request, response) => {
        if (!isCut) {
          response.writeHead(200, said.vary).end('whole');
          return;
        }
        isCut = false;
        response.writeHead(200, { ...said.vary, 'content-length': '1000' });
        response.write('half', () => response.destroy());
      });
      // Where nothing was passed on yet there is an answer: that there is none.
      const cut = await send(stand.endpoint, '/a', { fields: anna }).then(
        ({ status }) => status,
        () => 502,
      );
      expect(cut).toBe(502);
      expect(await send(stand.endpoint, '/a', { fields: anna })).toMatchObject({
        status: 200,
        body: 'whole',
      });
    });

    test(`when the origin fails, ${givesStranger ? 'gives the next person what is stored for another' : 'gives nobody what is stored for another'}`, async () => {
      let status = 200;
      await using stand = await bench(each, ({ headers }, response) => {
        if (status === 200) response.writeHead(200, said.vary).end(`for ${headers.authorization}`);
        else response.writeHead(status).end('out of order');
      });
      await send(stand.endpoint, '/me', { fields: anna });
      // What is stored is stored when the answer has ended.
      await send(stand.endpoint, '/other', { fields: anna });
      status = 503;
      const got = await send(stand.endpoint, '/me', { fields: bert });
      expect([got.status, got.body]).toEqual(
        givesStranger ? [200, 'for Bearer anna'] : [503, 'out of order'],
      );
    });

    test('answers 502 with the id when there is no origin', async () => {
      await using stand = await bench(each, ({ socket }) => {
        socket.destroy();
      });
      const got = await send(stand.endpoint, '/a', { fields: anna });
      expect(got.status).toBe(502);
      expect(got.fields['x-request-id']).toBe('anna-1');
    });

    test('hangs up on the origin when whoever asked does, and others are still served', async () => {
      const left = Promise.withResolvers<void>();
      const arrived = Promise.withResolvers<void>();
      await using stand = await bench(each, ({ url }, response) => {
        if (url !== '/never') {
          response.end('served');
          return;
        }
        response.once('close', left.resolve);
        arrived.resolve();
      });
      const question = get({ ...stand.endpoint, path: '/never', agent: false, headers: anna });
      question.on('error', () => undefined);
      await arrived.promise;
      question.destroy();
      await left.promise;
      expect((await send(stand.endpoint, '/a', { fields: bert })).body).toBe('served');
    });

    test('has no connection left when it was closed', async () => {
      await using stand = await bench(each, (_request, response) => {
        response.end('served');
      });
      await send(stand.endpoint, '/a', { fields: anna });
      await stand.closeLibrary();
      await expect.poll(() => stand.connections()).toBe(0);
    });

    for (const keyedBy of ['url', 'url-and-session'] as const) {
      // Told nothing of sessions it does: docs/findings/axios-cache-interceptor-refusal-for-others.md.
      if (name === 'axios-cache-interceptor' && keyedBy === 'url') continue;
      test(`keyed by ${keyedBy}: gives a refusal to nobody else who asks while it is under way`, async () => {
        const first = Promise.withResolvers<void>();
        const second = Promise.withResolvers<void>();
        await using stand = await bench(
          each,
          async ({ headers }, response) => {
            const isAnna = headers.authorization === anna.authorization;
            if (isAnna) second.resolve();
            first.resolve();
            // Both are under way at once.
            await second.promise;
            response.writeHead(isAnna ? 200 : 403, said.vary).end(`for ${headers.authorization}`);
          },
          keyedBy,
        );
        const refused = send(stand.endpoint, '/me', { fields: bert });
        await first.promise;
        const got = await send(stand.endpoint, '/me', { fields: anna });
        expect([(await refused).status, got.status]).toEqual([403, 200]);
        expect(got.body).toBe('for Bearer anna');
      });
    }

    for (const keyedBy of ['url', 'url-and-session'] as const) {
      for (const say of ['nothing', 'private', 'vary'] as const) {
        const isShared = shared[name]?.[keyedBy]?.includes(say) ?? false;
        test(`keyed by ${keyedBy}, of answers that say ${say}: gives ${isShared ? "the next person the first one's" : 'everyone the own one'}`, async () => {
          await using stand = await bench(
            each,
            ({ headers }, response) => {
              response.writeHead(200, said[say]).end(`for ${headers.authorization}`);
            },
            keyedBy,
          );
          const first = await send(stand.endpoint, '/me', { fields: anna });
          // What is stored is stored when the answer has ended.
          await send(stand.endpoint, '/other', { fields: anna });
          const second = await send(stand.endpoint, '/me', { fields: bert });
          expect(first.body).toBe('for Bearer anna');
          expect(second.body).toBe(isShared ? 'for Bearer anna' : 'for Bearer bert');
        });
      }
    }
  });
}
