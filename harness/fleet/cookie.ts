/**
 * The user whose session the `Set-Cookie` lines of an answer hand over, by the name that the token begins with; null when they hand
 * over none. Several lines are joined by a comma, as `HttpAnswer` has them. A token of another form is taken for a name as a whole: somebody's it is.
 */
export function cookieUserOf(setCookie: string | undefined): string | null {
  const token = /(?:^|,)[ \t]*session=([^;,\s]+)/.exec(setCookie ?? '')?.[1];
  if (token === undefined) return null;
  const dot = token.lastIndexOf('.');
  return dot > 0 ? token.slice(0, dot) : token;
}
