import {
  dateOf,
  directivesOf,
  fieldOf,
  type HttpCacheAnswer,
  type HttpCacheRequest,
  type HttpFields,
} from './http-cache-message.ts';

/** How the cache is set. What is not told is as RFC 9111 wants it of a shared cache; each switch lets it do one wrong thing. */
export interface HttpCacheSettings {
  /** What two requests must have in common to be given the same answer. `host+path+query` unless told. */
  readonly key?: HttpCacheKey;
  /** Gives an answer also to requests that differ in the fields that it varies by. */
  readonly ignoreVary?: boolean;
  /** Stores answers with Set-Cookie, and replays the cookie to everyone. */
  readonly storeSetCookie?: boolean;
  /** Stores answers to requests with Authorization as if it were not there. */
  readonly ignoreAuthorization?: boolean;
  /** Stores what is `private`, `no-store` or `no-cache`, or says nothing, as if it were good for as long as `freshSecondsUntold`. */
  readonly ignoreCacheControl?: boolean;
  /** How long an answer with status 200 that says nothing of its freshness is taken for fresh. 0 unless told: no guess is made. */
  readonly freshSecondsUntold?: number;
  /** Whether requests wait for one that is under way. `off` unless told. */
  readonly coalescing?: HttpCacheCoalescing;
  /** What all stored answers may take together. 64 MiB unless told; beyond, those not used for longest are given up. */
  readonly storedBytesMax?: number;
}

/** `+session` adds Authorization and Cookie. Without the host, and without the query, the key is a wrong one. */
export type HttpCacheKey = 'path' | 'path+query' | 'host+path+query' | 'host+path+query+session';

/**
 * `storable`: a request waits for another with the same key and the same Authorization and Cookie, and is given its answer when
 * that may be reused. `same-key`: it is given the answer whatever that says, which is wrong.
 */
export type HttpCacheCoalescing = 'off' | 'storable' | 'same-key';

/** What is stored of an answer. */
export interface StoredAnswer {
  readonly answer: HttpCacheAnswer;
  /** The request's values of the fields that the answer varies by. */
  readonly selecting: HttpFields;
  /** Seconds that it had when it came, RFC 9111 section 4.2.3. */
  readonly initialAgeSeconds: number;
  readonly receivedMs: number;
  readonly freshSeconds: number;
}

export function keyOf(
  request: HttpCacheRequest,
  { key = 'host+path+query' }: HttpCacheSettings,
): string {
  const [path = ''] = request.target.split('?', 1);
  const host = fieldOf(request, 'host') ?? '';
  switch (key) {
    case 'path':
      return path;
    case 'path+query':
      return request.target;
    case 'host+path+query':
      return `${host} ${request.target}`;
    case 'host+path+query+session': {
      const session = [fieldOf(request, 'authorization') ?? '', fieldOf(request, 'cookie') ?? ''];
      return `${host} ${request.target} ${JSON.stringify(session)}`;
    }
    default:
      return key satisfies never;
  }
}

/** Whether an answer may be stored, RFC 9111 sections 3 and 3.5, and never with a cookie in it. */
export function mayStore(
  request: HttpCacheRequest,
  answer: HttpCacheAnswer,
  settings: HttpCacheSettings,
): boolean {
  if (request.method !== 'GET' || fieldOf(request, 'range') !== undefined) return false;
  if (answer.status < 200 || answer.status === 206 || answer.status === 304) return false;
  if (fieldOf(answer, 'set-cookie') !== undefined && settings.storeSetCookie !== true) return false;
  const vary = fieldOf(answer, 'vary');
  if (vary?.includes('*') === true && settings.ignoreVary !== true) return false;
  const directives = directivesOf(answer);
  const obeys = settings.ignoreCacheControl !== true;
  if (obeys && (directivesOf(request).has('no-store') || directives.has('no-store'))) return false;
  if (obeys && directives.has('private')) return false;
  const isShared = ['public', 'must-revalidate', 's-maxage'].some((name) => directives.has(name));
  const isPersonal = fieldOf(request, 'authorization') !== undefined;
  if (isPersonal && !isShared && settings.ignoreAuthorization !== true) return false;
  return freshSecondsOf(answer, settings) > 0 || hasValidator(answer);
}

/** How long it is fresh, RFC 9111 section 4.2.1. What cannot be read counts as over. */
function freshSecondsOf(answer: HttpCacheAnswer, settings: HttpCacheSettings): number {
  const untold = answer.status === 200 ? (settings.freshSecondsUntold ?? 0) : 0;
  if (settings.ignoreCacheControl === true) return untold;
  const directives = directivesOf(answer);
  const told = directives.get('s-maxage') ?? directives.get('max-age');
  if (told !== undefined) return /^\d+$/.test(told) ? Math.min(Number(told), 2 ** 31) : 0;
  if (fieldOf(answer, 'expires') === undefined) return untold;
  const expires = dateOf(answer, 'expires');
  const date = dateOf(answer, 'date');
  return expires === null || date === null ? 0 : Math.max(0, (expires - date) / 1000);
}

/** What to keep of an answer that came at `receivedMs` to a request that left at `sentMs`. */
export function stored(
  { request, answer }: { readonly request: HttpCacheRequest; readonly answer: HttpCacheAnswer },
  { sentMs, receivedMs }: { readonly sentMs: number; readonly receivedMs: number },
  settings: HttpCacheSettings,
): StoredAnswer {
  const date = dateOf(answer, 'date') ?? receivedMs;
  const told = Number(/^\d+/.exec(fieldOf(answer, 'age') ?? '')?.[0] ?? 0);
  // A date of whole seconds looks up to a second old by itself.
  const apparent = Math.max(0, Math.floor((receivedMs - date) / 1000));
  const corrected = told + (receivedMs - sentMs) / 1000;
  return {
    answer,
    selecting: selectingOf(request, answer),
    initialAgeSeconds: Math.max(apparent, corrected),
    receivedMs,
    freshSeconds: freshSecondsOf(answer, settings),
  };
}

/** How old an answer is now, in whole seconds. */
export function ageSeconds({ initialAgeSeconds, receivedMs }: StoredAnswer, nowMs: number): number {
  return Math.floor(initialAgeSeconds + (nowMs - receivedMs) / 1000);
}

export type Fitness = 'fresh' | 'to-validate';

/** Whether a stored answer may be given to a request as it is, RFC 9111 sections 4 and 5.2.1. */
export function fitness(
  request: HttpCacheRequest,
  {
    entry,
    nowMs,
    settings,
  }: { readonly entry: StoredAnswer; readonly nowMs: number; readonly settings: HttpCacheSettings },
): Fitness {
  const age = ageSeconds(entry, nowMs);
  if (age >= entry.freshSeconds) return 'to-validate';
  if (settings.ignoreCacheControl === true) return 'fresh';
  if (directivesOf(entry.answer).has('no-cache')) return 'to-validate';
  const wishes = directivesOf(request);
  if (wishes.has('no-cache')) return 'to-validate';
  const isOldFashioned = fieldOf(request, 'cache-control') === undefined;
  if (isOldFashioned && fieldOf(request, 'pragma')?.includes('no-cache') === true)
    return 'to-validate';
  const ageMax = Number(wishes.get('max-age') ?? Number.POSITIVE_INFINITY);
  const leftMin = Number(wishes.get('min-fresh') ?? 0);
  return age <= ageMax && entry.freshSeconds - age >= leftMin ? 'fresh' : 'to-validate';
}

/** Whether a stored answer was made for a request like this one, RFC 9111 section 4.1. */
export function isSelected(
  request: HttpCacheRequest,
  { selecting }: StoredAnswer,
  { ignoreVary = false }: HttpCacheSettings,
): boolean {
  if (ignoreVary) return true;
  return Object.entries(selecting).every(
    ([name, value]) => (fieldOf(request, name) ?? '') === value,
  );
}

export function hasValidator(answer: HttpCacheAnswer): boolean {
  return answer.fields['etag'] !== undefined || answer.fields['last-modified'] !== undefined;
}

/** Whether the client has it already: its If-None-Match or If-Modified-Since against what is stored, RFC 9110 section 13. */
export function isNotModified(request: HttpCacheRequest, answer: HttpCacheAnswer): boolean {
  if (answer.status !== 200) return false;
  const tags = fieldOf(request, 'if-none-match');
  if (tags !== undefined) {
    if (tags.trim() === '*') return true;
    const own = opaqueTag(fieldOf(answer, 'etag') ?? '');
    return (
      own !== '' && (tags.match(/(?:W\/)?"[^"]*"/g) ?? []).some((tag) => opaqueTag(tag) === own)
    );
  }
  const since = dateOf(request, 'if-modified-since');
  const modified = dateOf(answer, 'last-modified');
  return since !== null && modified !== null && modified <= since;
}

/** A stored answer with what a 304 says anew, RFC 9111 section 3.2. */
export function refreshed(before: HttpCacheAnswer, notModified: HttpCacheAnswer): HttpCacheAnswer {
  const { age: _age, ...kept } = before.fields;
  const told = Object.entries(notModified.fields).filter(([name]) => !describesBody.has(name));
  return { ...before, fields: { ...kept, ...Object.fromEntries(told) } };
}

const describesBody = new Set([
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
]);

/** The weak comparison: `W/` makes no difference. */
function opaqueTag(tag: string): string {
  return tag.replace(/^W\//, '');
}

function selectingOf(request: HttpCacheRequest, answer: HttpCacheAnswer): HttpFields {
  const names = (fieldOf(answer, 'vary') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== '*');
  return Object.fromEntries(names.map((name) => [name, fieldOf(request, name) ?? '']));
}
