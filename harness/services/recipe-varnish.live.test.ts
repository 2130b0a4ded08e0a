import { readdir } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { VarnishSpec } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { type Script, send, startOrigin } from './http-cache-bench.ts';
import { processProvider } from './process.ts';
import { openBench } from './provider-bench.ts';

/** A real Varnish before an origin on loopback: who is given whose answer. */
const path = `${process.env['PATH'] ?? ''}:/usr/sbin`;
const never = new AbortController().signal;
const bench = await openBench();
const byUrl = ['req.url'];
const bySession = ['req.url', 'req.http.authorization'];
const varnish = (origin: Endpoint, spec: Partial<VarnishSpec> = {}) =>
  processProvider({
    ...bench,
    path,
    spec: { service: 'varnish', origin, cacheKey: byUrl, freshSecondsUntold: 60, ...spec },
  });
const availability = await varnish({ host: '127.0.0.1', port: 9 }).available();
const missing = availability.state === 'missing' ? ` (${availability.says})` : '';
const anna = { authorization: 'Bearer anna', 'x-request-id': 'anna-1' };
const bert = { authorization: 'Bearer bert', 'x-request-id': 'bert-1' };
const personal: Script = ({ headers }) => ({ body: `for ${headers.authorization}` });

afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

describe.skipIf(missing !== '')(`varnish${missing}`, () => {
  test.for([
    {
      title: 'by the address alone, the next person is given the page of the one before',
      cacheKey: byUrl,
    },
    { title: 'by address and session, everyone is given the own page', cacheKey: bySession },
  ])('keyed $title; the id is that of the present request', async ({ cacheKey }) => {
    await using origin = await startOrigin(personal);
    await using service = await varnish(origin.endpoint, { cacheKey }).start(never);
    expect(service.says).toMatch(/^varnishd \d+\.\d+\.\d+ \(own process, port \d+\)$/);
    const got = await send(service.endpoint, '/me', { fields: anna });
    expect(got).toMatchObject({ status: 200, body: 'for Bearer anna' });
    expect(got.fields).toMatchObject({ 'x-request-id': 'anna-1', 'x-cache': 'MISS' });
    const other = await send(service.endpoint, '/me', { fields: bert });
    const isShared = cacheKey === byUrl;
    expect(other.body).toBe(isShared ? 'for Bearer anna' : 'for Bearer bert');
    expect(other.fields).toMatchObject({
      'x-request-id': 'bert-1',
      'x-cache': isShared ? 'HIT' : 'MISS',
    });
    const again = await send(service.endpoint, '/me', {
      fields: { ...anna, 'x-request-id': 'anna-2' },
    });
    expect(again.fields).toMatchObject({ 'x-request-id': 'anna-2', 'x-cache': 'HIT' });
    expect(again.body).toBe('for Bearer anna');
  });

  test('follows what answers say: private and no-store are not kept, Vary is part of the key', async () => {
    const said: Record<string, Record<string, string>> = {
      '/private': { 'cache-control': 'private, max-age=60' },
      '/no-store': { 'cache-control': 'no-store' },
      '/vary': { 'cache-control': 'public, max-age=60', vary: 'Authorization' },
    };
    await using origin = await startOrigin((request, count) => ({
      ...personal(request, count),
      fields: said[request.url ?? ''] ?? {},
    }));
    await using service = await varnish(origin.endpoint).start(never);
    for (const target of Object.keys(said)) {
      await send(service.endpoint, target, { fields: anna });
      const { body } = await send(service.endpoint, target, { fields: bert });
      expect(body).toBe('for Bearer bert');
    }
  });

  test('keeps an answer that sets a cookie only where it is told to, and then with its cookie', async () => {
    await using origin = await startOrigin((request, count) => ({
      ...personal(request, count),
      fields: { 'set-cookie': 'session=1' },
    }));
    for (const storeSetCookie of [false, true]) {
      await using service = await varnish(origin.endpoint, { storeSetCookie }).start(never);
      await send(service.endpoint, '/me', { fields: anna });
      const { body, fields } = await send(service.endpoint, '/me', { fields: bert });
      expect(body).toBe(storeSetCookie ? 'for Bearer anna' : 'for Bearer bert');
      expect(fields['set-cookie']).toEqual(['session=1']);
    }
  });

  test('passes changes and refusals on, keeps none of them, and answers for an origin that is away', async () => {
    let isAway = false;
    await using origin = await startOrigin(({ method }, count) => ({
      status: method === 'POST' ? 201 : 403,
      body: `answer ${count}`,
      isCut: isAway,
    }));
    await using service = await varnish(origin.endpoint).start(never);
    const bodies: string[] = [];
    for (const method of ['POST', 'POST', 'GET', 'GET'])
      bodies.push((await send(service.endpoint, '/a', { method, fields: anna })).body);
    expect(bodies).toEqual(['answer 1', 'answer 2', 'answer 3', 'answer 4']);
    isAway = true;
    await origin[Symbol.asyncDispose]();
    const got = await send(service.endpoint, '/b', { fields: anna });
    expect(got.status).toBe(503);
    expect(got.fields['x-request-id']).toBe('anna-1');
  });

  test('comes back empty after a kill, and leaves no process and no file behind', async () => {
    await using origin = await startOrigin(() => ({}));
    {
      await using service = await varnish(origin.endpoint).start(never);
      await send(service.endpoint, '/a');
      await service.kill();
      expect(bench.running()).toEqual([]);
      await service.restart(never, { address: 'same' });
      expect((await send(service.endpoint, '/a')).body).toBe('answer 2');
    }
    expect(bench.running()).toEqual([]);
    expect(await readdir(bench.scratchDirectory)).toEqual([]);
  });
});
