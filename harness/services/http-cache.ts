import type { Clock } from '../model/world.ts';
import {
  directivesOf,
  endToEnd,
  fieldOf,
  type HttpCacheAnswer,
  type HttpCacheRequest,
} from './http-cache-message.ts';
import {
  ageSeconds,
  fitness,
  type HttpCacheSettings,
  hasValidator,
  isNotModified,
  isSelected,
  keyOf,
  mayStore,
  refreshed,
  type StoredAnswer,
  stored,
} from './http-cache-rules.ts';
import { createHttpCacheShelf, type HttpCacheShelf } from './http-cache-shelf.ts';

/** A shared HTTP cache without sockets: requests in, answers out. */
export interface HttpCache {
  /** Never rejects: an origin that cannot be asked is a 502, or a 504 where a stored answer had to be validated. */
  answer(request: HttpCacheRequest, signal: AbortSignal): Promise<HttpCacheAnswer>;
}

/** Asks the origin. Rejects when there is no whole answer. */
export type HttpOrigin = (
  request: HttpCacheRequest,
  signal: AbortSignal,
) => Promise<HttpCacheAnswer>;

export interface HttpCacheOptions {
  readonly origin: HttpOrigin;
  readonly clock: Pick<Clock, 'nowNs'>;
  /** What the wall clock showed when the run's clock was at zero, in milliseconds since 1970. */
  readonly startUnixMs: number;
  readonly settings?: HttpCacheSettings;
  readonly log: (line: string) => void;
}

/** What `x-cache` says, in nginx's words; `COALESCED` is ours: another request's answer that was waited for. */
type CacheStatus = 'HIT' | 'MISS' | 'REVALIDATED' | 'EXPIRED' | 'BYPASS' | 'COALESCED';

interface Parts {
  readonly options: HttpCacheOptions;
  readonly settings: HttpCacheSettings;
  readonly shelf: HttpCacheShelf;
  readonly underWay: Map<string, Promise<HttpCacheAnswer | null>>;
  readonly nowMs: () => number;
}

const storedBytesDefault = 64 * 1024 * 1024;
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** A cache as RFC 9111 wants a shared one to be, unless a switch in its settings makes it do wrong. Holds no timer. */
export function createHttpCache(options: HttpCacheOptions): HttpCache {
  const settings = options.settings ?? {};
  const parts: Parts = {
    options,
    settings,
    shelf: createHttpCacheShelf(settings.storedBytesMax ?? storedBytesDefault),
    underWay: new Map(),
    nowMs: () => options.startUnixMs + options.clock.nowNs() / 1e6,
  };
  return {
    answer: async (request, signal) => {
      if (request.method === 'GET' || request.method === 'HEAD')
        return await serve(parts, request, signal);
      return await pass(parts, request, signal);
    },
  };
}

async function serve(
  parts: Parts,
  request: HttpCacheRequest,
  signal: AbortSignal,
): Promise<HttpCacheAnswer> {
  if (fieldOf(request, 'range') !== undefined) return await pass(parts, request, signal);
  const found = find(parts, request);
  if (found?.fitness === 'fresh')
    return fromStore(parts, { request, entry: found.entry, status: 'HIT' });
  if (directivesOf(request).has('only-if-cached'))
    return failure(request, { status: 504, says: 'nothing is stored that could be given' });
  // A HEAD brings no body along that could be stored.
  if (request.method === 'HEAD') return await pass(parts, request, signal);
  return await coalesced(parts, request, {
    fetch: () => ask(parts, { request, entry: found?.entry ?? null, signal }),
  });
}

function find(
  { settings, shelf, nowMs }: Parts,
  request: HttpCacheRequest,
): { readonly entry: StoredAnswer; readonly fitness: 'fresh' | 'to-validate' } | null {
  const entry = shelf
    .entries(keyOf(request, settings))
    .find((entry) => isSelected(request, entry, settings));
  if (entry === undefined) return null;
  return { entry, fitness: fitness(request, { entry, nowMs: nowMs(), settings }) };
}

/**
 * Lets a request wait for a like one. What it is then given it could as well have been given a moment later from the store;
 * where it could not, it asks the origin itself. Only with `same-key` it takes what came, whoever it was for.
 */
async function coalesced(
  parts: Parts,
  request: HttpCacheRequest,
  { fetch }: { readonly fetch: () => Promise<HttpCacheAnswer> },
): Promise<HttpCacheAnswer> {
  const { coalescing = 'off' } = parts.settings;
  if (coalescing === 'off') return await fetch();
  const key = groupOf(request, parts.settings);
  const other = parts.underWay.get(key);
  if (other !== undefined) {
    const answer = await other;
    const found = find(parts, request);
    if (found?.fitness === 'fresh')
      return fromStore(parts, { request, entry: found.entry, status: 'COALESCED' });
    if (coalescing === 'same-key' && answer !== null)
      return named(answer, { status: 'COALESCED', requestId: fieldOf(request, 'x-request-id') });
    return await fetch();
  }
  const own = fetch();
  const told = own.catch(() => null);
  parts.underWay.set(key, told);
  try {
    return await own;
  } finally {
    if (parts.underWay.get(key) === told) parts.underWay.delete(key);
  }
}

function groupOf(request: HttpCacheRequest, settings: HttpCacheSettings): string {
  const key = keyOf(request, settings);
  if (settings.coalescing === 'same-key') return key;
  return keyOf(request, { ...settings, key: 'host+path+query+session' });
}

interface Asking {
  readonly request: HttpCacheRequest;
  /** To be validated, when it has something to validate by. */
  readonly entry: StoredAnswer | null;
  readonly signal: AbortSignal;
}

/** Asks the origin, for the whole or whether the stored one is still good, and stores what may be stored. */
async function ask(parts: Parts, { request, entry, signal }: Asking): Promise<HttpCacheAnswer> {
  const { settings, shelf, nowMs } = parts;
  const key = keyOf(request, settings);
  const validates = entry !== null && hasValidator(entry.answer);
  const sentMs = nowMs();
  const answer = await askOrigin(parts, {
    request: validates ? conditional(request, entry.answer) : request,
    signal,
    mustValidate: entry !== null && directivesOf(entry.answer).has('must-revalidate'),
  });
  if ('failed' in answer) return answer.failed;
  const times = { sentMs, receivedMs: nowMs() };
  if (validates && answer.status === 304) {
    if (!isSameVersion(entry.answer, answer)) {
      shelf.remove(key, entry);
      return await ask(parts, { request, entry: null, signal });
    }
    const whole = refreshed(entry.answer, answer);
    const renewed = stored({ request, answer: whole }, times, settings);
    shelf.remove(key, entry);
    if (mayStore(request, whole, settings)) shelf.put(key, renewed, entry);
    const echo = fieldOf(answer, 'x-request-id');
    return named(conditioned(request, renewed.answer), { status: 'REVALIDATED', requestId: echo });
  }
  if (mayStore(request, answer, settings)) {
    shelf.put(key, stored({ request, answer }, times, settings), entry);
  } else if (entry !== null && answer.status < 500) shelf.remove(key, entry);
  return marked(answer, entry === null ? 'MISS' : 'EXPIRED');
}

/** A 304 that names another version is about something that we do not have. */
function isSameVersion(before: HttpCacheAnswer, notModified: HttpCacheAnswer): boolean {
  const tag = fieldOf(notModified, 'etag');
  return tag === undefined || tag === fieldOf(before, 'etag');
}

/** Asks for the stored version in place of the client's own, which is then held against what comes of it. */
function conditional(request: HttpCacheRequest, answer: HttpCacheAnswer): HttpCacheRequest {
  const { 'if-none-match': _tags, 'if-modified-since': _since, ...fields } = request.fields;
  const tag = fieldOf(answer, 'etag');
  const modified = fieldOf(answer, 'last-modified');
  return {
    ...request,
    fields: {
      ...fields,
      ...(tag === undefined ? {} : { 'if-none-match': tag }),
      ...(modified === undefined ? {} : { 'if-modified-since': modified }),
    },
  };
}

function fromStore(
  parts: Parts,
  {
    request,
    entry,
    status,
  }: {
    readonly request: HttpCacheRequest;
    readonly entry: StoredAnswer;
    readonly status: CacheStatus;
  },
): HttpCacheAnswer {
  const age = String(ageSeconds(entry, parts.nowMs()));
  const answer = conditioned(request, entry.answer);
  return named(
    { ...answer, fields: { ...answer.fields, age } },
    { status, requestId: fieldOf(request, 'x-request-id') },
  );
}

function conditioned(request: HttpCacheRequest, answer: HttpCacheAnswer): HttpCacheAnswer {
  if (!isNotModified(request, answer)) return answer;
  const { 'content-length': _length, ...fields } = answer.fields;
  return { status: 304, fields, body: Buffer.alloc(0) };
}

/** What goes to the origin and back without the store; a change makes what is stored of its target invalid, RFC 9111 section 4.4. */
async function pass(
  parts: Parts,
  request: HttpCacheRequest,
  signal: AbortSignal,
): Promise<HttpCacheAnswer> {
  const { settings, shelf } = parts;
  const answer = await askOrigin(parts, { request, signal, mustValidate: false });
  if ('failed' in answer) return answer.failed;
  if (!safeMethods.has(request.method) && answer.status < 400)
    for (const target of changedTargets(request, answer))
      shelf.invalidate(keyOf({ ...request, target }, settings));
  return marked(answer, 'BYPASS');
}

function changedTargets(request: HttpCacheRequest, answer: HttpCacheAnswer): string[] {
  const base = `http://${fieldOf(request, 'host') ?? 'origin'}`;
  const others = ['location', 'content-location'].flatMap((name) => {
    const given = fieldOf(answer, name);
    if (given === undefined || !URL.canParse(given, base)) return [];
    const { origin, pathname, search } = new URL(given, base);
    return origin === new URL(base).origin ? [`${pathname}${search}`] : [];
  });
  return [request.target, ...others];
}

async function askOrigin(
  { options: { origin, log }, nowMs }: Parts,
  {
    request,
    signal,
    mustValidate,
  }: {
    readonly request: HttpCacheRequest;
    readonly signal: AbortSignal;
    readonly mustValidate: boolean;
  },
): Promise<HttpCacheAnswer | { readonly failed: HttpCacheAnswer }> {
  try {
    const answer = await origin({ ...request, fields: endToEnd(request.fields) }, signal);
    // Who receives an answer without a date notes when that was, RFC 9110 section 6.6.1.
    const date = new Date(nowMs()).toUTCString();
    return { ...answer, fields: { date, ...endToEnd(answer.fields) } };
  } catch (error) {
    const says = `the origin gave no whole answer: ${(error as Error).message}`;
    if (!signal.aborted) log(`embedded HTTP cache: ${says}`);
    return { failed: failure(request, { status: mustValidate ? 504 : 502, says }) };
  }
}

function failure(
  request: HttpCacheRequest,
  { status, says }: { readonly status: number; readonly says: string },
): HttpCacheAnswer {
  const requestId = fieldOf(request, 'x-request-id');
  return named(
    {
      status,
      fields: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: Buffer.from(JSON.stringify({ error: says })),
    },
    { status: 'MISS', requestId },
  );
}

/** An answer of the origin's to this very request: its echo of the request's id is left as it is, right or wrong. */
function marked(answer: HttpCacheAnswer, status: CacheStatus): HttpCacheAnswer {
  return { ...answer, fields: { ...answer.fields, 'x-cache': status } };
}

/** An answer that the origin did not give to this request: it carries this request's id, or none, and never another one's. */
function named(
  answer: HttpCacheAnswer,
  { status, requestId }: { readonly status: CacheStatus; readonly requestId: string | undefined },
): HttpCacheAnswer {
  const { 'x-request-id': _other, ...fields } = answer.fields;
  const echo = requestId === undefined ? {} : { 'x-request-id': requestId };
  return { ...answer, fields: { ...fields, ...echo, 'x-cache': status } };
}
