import type { Rng } from '../../harness/model/world.ts';
import type { ChangingVisit } from './changes.ts';
import { encodeEntry } from './entries.ts';
import { Refusal } from './refusal.ts';

/** Starts a session and returns its token. Refuses with 401 for a wrong password, 503 when the cache fails: nobody is logged in then. */
export async function startSession(
  { read, truth, keys }: ChangingVisit,
  { userId, password }: { readonly userId: string; readonly password: string },
  lots: Rng,
): Promise<string> {
  if (!truth.isPassword(userId, password)) throw new Refusal(401, 'no such user and password');
  const words = Array.from({ length: 4 }, () => hexWord(lots.integer(0, 0xffff_ffff)));
  const token = `${userId}.${words.join('')}`;
  truth.addSession(token, userId);
  try {
    // A token that the cache does not know of is no session.
    await read.put(keys.session(token), encodeEntry({ userId, epoch: truth.sessionEpoch() }));
  } catch (error) {
    truth.dropSession(token);
    throw error;
  }
  return token;
}

/**
 * Ends a session for good: with a cache that does not answer it is refused with 503, as the cache may hold a copy. Ending it again is harmless.
 * What a request that was under way put back meanwhile is dropped again, as after every change.
 */
export async function endSession(
  { read, truth, things }: ChangingVisit,
  token: string,
): Promise<void> {
  const stale = [things.session(token)];
  await read.drop(stale);
  await read.change({ commit: () => truth.dropSession(token), drop: stale });
}

/** What a request shows of whose session it is in. Refuses with 401 when it shows nothing, or something else. */
export function tokenShown(headers: {
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
}): string {
  const { authorization, cookie } = headers;
  const token = authorization === undefined ? inCookie(cookie ?? '') : inBearer(authorization);
  if (token === undefined || !tokenForm.test(token)) throw new Refusal(401, 'no such session');
  return token;
}

/** The user whom a token names. That proves nothing: whoever has ended their session still knows the name in it. */
export function userNamedIn(token: string): string {
  return token.slice(0, token.lastIndexOf('.'));
}

/** `Set-Cookie` for the web view. */
export function sessionCookie(token: string): string {
  return `session=${token}; HttpOnly; Path=/`;
}

/** `Set-Cookie` that takes it back (RFC 6265, 3.1). */
export const noSessionCookie = 'session=; HttpOnly; Path=/; Max-Age=0';

/** The name of its user, a dot, and what nobody can guess. */
const tokenForm = /^[A-Za-z0-9._-]{1,200}$/;

function inBearer(authorization: string): string | undefined {
  return /^Bearer ([^ ]+)$/.exec(authorization)?.[1];
}

function inCookie(cookie: string): string | undefined {
  const pair = cookie.split(';').find((each) => each.trim().startsWith('session='));
  return pair?.trim().slice('session='.length);
}

function hexWord(word: number): string {
  return word.toString(16).padStart(8, '0');
}
