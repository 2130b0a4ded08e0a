import { expect, test } from 'vitest';
import { cookieUserOf } from './cookie.ts';

test.each([
  ['session=user-1.00ff; HttpOnly; Path=/', 'user-1'],
  ['session=ada.b.lovelace.00ff; Path=/', 'ada.b.lovelace'],
  ['theme=dark; Path=/, session=user-2.00ff', 'user-2'],
  ['theme=dark; Expires=Mon, 23 Nov 2026 07:00:00 GMT, session=user-2.00ff', 'user-2'],
  ['session=00ff', '00ff'],
  ['session=; HttpOnly; Path=/; Max-Age=0', null],
  ['mysession=user-1.00ff', null],
  [undefined, null],
])('%j hands over the session of %j', (setCookie, userId) => {
  expect(cookieUserOf(setCookie)).toBe(userId);
});
