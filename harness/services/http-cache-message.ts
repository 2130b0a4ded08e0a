/** Header fields with names in lower case. A field that came several times has several values. */
export type HttpFields = Readonly<Record<string, string | readonly string[]>>;

export interface HttpCacheRequest {
  readonly method: string;
  /** Path and query, as it was sent. */
  readonly target: string;
  readonly fields: HttpFields;
  readonly body: Buffer;
}

export interface HttpCacheAnswer {
  readonly status: number;
  readonly fields: HttpFields;
  readonly body: Buffer;
}

/** All values of a field as one line, or undefined when it is not there. */
export function fieldOf(
  { fields }: { readonly fields: HttpFields },
  name: string,
): string | undefined {
  const value = fields[name];
  return value === undefined || typeof value === 'string' ? value : value.join(', ');
}

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Without what is meant for the next hop only, RFC 9110 section 7.6.1. */
export function endToEnd(fields: HttpFields): HttpFields {
  const line = fieldOf({ fields }, 'connection') ?? '';
  const named = new Set(line.split(',').map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => !hopByHop.has(name) && !named.has(name)),
  );
}

/** The directives of Cache-Control by name; one without an argument has an empty one, and of several the first counts. */
export function directivesOf(message: {
  readonly fields: HttpFields;
}): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  const pattern =
    /(?<name>[^\s,;="]+)(?:\s*=\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<token>[^\s,"]*)))?/g;
  for (const { groups } of (fieldOf(message, 'cache-control') ?? '').matchAll(pattern)) {
    const name = groups?.['name']?.toLowerCase() ?? '';
    if (!directives.has(name)) directives.set(name, groups?.['quoted'] ?? groups?.['token'] ?? '');
  }
  return directives;
}

/** Milliseconds since 1970 of an HTTP date, or null when it is none. */
export function dateOf(message: { readonly fields: HttpFields }, name: string): number | null {
  const text = fieldOf(message, name);
  // "0" is a common way to say "over already", and Date would take it for the year 2000.
  if (text === undefined || !/[A-Za-z]{3}/.test(text)) return null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : date;
}
