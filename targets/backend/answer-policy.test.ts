import fastify from 'fastify';
import { expect, test } from 'vitest';
import type { WebCacheAnswers } from '../../harness/model/plan.ts';
import { answerPolicy } from './answer-policy.ts';

const said: Record<WebCacheAnswers, Record<string, string | undefined>> = {
  nothing: { 'cache-control': undefined, vary: undefined },
  private: { 'cache-control': 'private, max-age=2', vary: undefined },
  vary: { 'cache-control': 'public, max-age=2', vary: 'Authorization, Cookie' },
};

test.for(['nothing', 'private', 'vary'] as const)(
  'answers say %s of caching, and nothing where they are refusals, changes or say it themselves',
  async (say, { expect }) => {
    const app = fastify();
    answerPolicy(app, { say, freshSeconds: 2 });
    app.get('/right', () => 'right');
    app.post('/right', () => 'done');
    app.get('/refused', (_request, reply) => reply.code(403).send('no'));
    app.get('/live', (_request, reply) => reply.header('cache-control', 'no-store').send('now'));
    const { headers } = await app.inject('/right');
    expect({ 'cache-control': headers['cache-control'], vary: headers.vary }).toEqual(said[say]);
    expect((await app.inject({ method: 'POST', url: '/right' })).headers.vary).toBeUndefined();
    expect((await app.inject('/refused')).headers['cache-control']).toBeUndefined();
    const live = await app.inject('/live');
    expect([live.headers['cache-control'], live.headers.vary]).toEqual(['no-store', undefined]);
    await app.close();
  },
);

test('a header that a route set is not doubled', async () => {
  const app = fastify();
  answerPolicy(app, { say: 'private', freshSeconds: 2 });
  app.get('/', (_request, reply) => reply.header('cache-control', 'max-age=9').send('own'));
  expect((await app.inject('/')).headers['cache-control']).toBe('max-age=9');
  await app.close();
});
