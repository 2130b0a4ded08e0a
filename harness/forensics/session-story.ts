import type { CacheCallRow, OpRow } from '../model/rows.ts';
import { bindingOf } from './binding.ts';
import { type Found, found } from './found.ts';
import { type Inquiry, rowsWith } from './needs.ts';
import { isRead, opOf } from './origin-story.ts';
import { keptBy } from './staleness.ts';
import { isStored } from './web-cache-story.ts';
import { askedWords, at, callWords, keyWords } from './words.ts';

/** How the backend came to take whoever sent this request for somebody else, or for somebody at all. Null when it did not. */
export function* wrongSession(op: OpRow): Inquiry<Found | null> {
  const takenFor = op.toldUserId ?? op.cookieUserId;
  const isSomebodyElse = takenFor !== null && takenFor !== op.actorId;
  if (!isSomebodyElse && op.credential === 'session') return null;
  const calls = yield* rowsWith('cache_call', 'requestId', op.requestId);
  const session = calls.filter(({ key }) => /(?:^|[^A-Za-z0-9])session:[^:]+$/.test(key));
  const read = session.findLast(isRead);
  if (read === undefined) return unread(op, session.at(-1), calls.length > 0);
  const binding = yield* bindingOf(read);
  if (binding.state === 'astray') return binding.found;
  const kept = yield* keptBy(read, binding.writer);
  if (kept !== null) return kept;
  const login = binding.writer.requestId === null ? null : yield* opOf(binding.writer.requestId);
  if (login !== null && login.actorId !== op.actorId) return yield* anothersToken(op, login, read);
  return found(
    'backend',
    [
      `The library handed over the right session (${callWords(read)}), and the backend served ${takenFor ?? 'somebody'} all the same.`,
    ],
    { table: 'cache_call', id: read.id },
  );
}

/** No session was read, or none that was given. */
function unread(op: OpRow, asked: CacheCallRow | undefined, hasCalls: boolean): Found {
  const evidence = { table: 'op', id: op.id } as const;
  if (asked?.outcome === 'error')
    return found(
      'backend',
      [
        `The library gave an error for ${keyWords(asked.key)} (${askedWords(asked)}), and the backend answered all the same.`,
      ],
      evidence,
      { table: 'cache_call', id: asked.id },
    );
  if (asked !== undefined)
    return found(
      'backend',
      [
        `The library had no value for ${keyWords(asked.key)} (${askedWords(asked)}), and the backend went on from elsewhere.`,
      ],
      evidence,
      { table: 'cache_call', id: asked.id },
    );
  if (hasCalls || op.kind === 'login')
    return found(
      'backend',
      [`The backend answered request ${op.requestId} without reading its session.`],
      evidence,
    );
  return found(
    'unknown',
    [
      `The record does not say what the system under test asked of its cache for request ${op.requestId}: what is behind its door cannot be told.`,
    ],
    evidence,
  );
}

/** The session is rightly another user's: how did this viewer come by it? */
function* anothersToken(op: OpRow, login: OpRow, read: CacheCallRow): Inquiry<Found> {
  const step = `Request ${op.requestId} of ${op.actorId} showed the session that ${login.actorId} was given at ${at(login.doneNs ?? login.intendedNs)} (${callWords(read)}).`;
  const evidence = [
    { table: 'op', id: op.id },
    { table: 'op', id: login.id },
  ] as const;
  const own = yield* rowsWith('op', 'actorId', op.actorId);
  const given = own.findLast(
    (row) =>
      (row.kind === 'login' || row.cookieUserId === login.actorId) &&
      (row.doneNs ?? 0) <= (op.sentNs ?? op.intendedNs),
  );
  if (given === undefined)
    return found('unknown', [step, 'How they came by it is not in the record.'], ...evidence);
  const got = `${op.actorId} had been given it in answer to request ${given.requestId} (${given.kind})`;
  const also = { table: 'op', id: given.id } as const;
  if (isStored(given))
    return found(
      'http-cache',
      [
        step,
        `${got}, which the shared HTTP cache answered with what it had stored for another (x-cache: ${given.webCache ?? ''}).`,
      ],
      ...evidence,
      also,
    );
  if (given.toldUserId === login.actorId || given.cookieUserId === login.actorId)
    return found('backend', [step, `${got}, by the backend itself.`], ...evidence, also);
  return found(
    'generator',
    [
      step,
      `The last login of ${op.actorId} (request ${given.requestId}) gave them their own: the load generator mixed up its viewers.`,
    ],
    ...evidence,
    also,
  );
}
