import type { FastifyInstance } from 'fastify';
import type { WebCacheAnswers } from '../../harness/model/plan.ts';

export interface AnswerPolicy {
  readonly say: WebCacheAnswers;
  readonly freshSeconds: number;
}

/**
 * What right answers to people say of caching, where a route does not say it itself. With `vary` a shared cache may keep them, for whoever
 * asks with the same Authorization and cookie; what names a session is part of that, since either of the two decides it.
 */
export function answerPolicy(app: FastifyInstance, { say, freshSeconds }: AnswerPolicy): void {
  if (say === 'nothing') return;
  app.addHook('onSend', async (request, reply) => {
    if (request.method !== 'GET' || reply.statusCode !== 200) return;
    if (reply.hasHeader('cache-control')) return;
    if (say === 'private') reply.header('cache-control', `private, max-age=${freshSeconds}`);
    else
      reply
        .header('cache-control', `public, max-age=${freshSeconds}`)
        .header('vary', 'Authorization, Cookie');
  });
}
