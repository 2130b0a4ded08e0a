import { expect, test } from 'vitest';
import { webCacheChoice, webCacheWords } from './web-cache-choice.ts';

test.for(['nginx', 'varnish', 'embedded', 'undici', 'undici@8.12.4', 'apicache@latest'])(
  '--web-cache %s is read, and said again in the replay line',
  (text) => {
    const choice = webCacheChoice(text);
    expect(choice === undefined ? '' : webCacheWords(choice)).toBe(text);
  },
);

test.for([
  ['ngnix', 'nginx'],
  ['undici@', 'no version after the @'],
  ['nginx@1.29', 'leave @1.29 out'],
] as const)('--web-cache %s is refused, with what would be right', ([text, says]) => {
  expect(() => webCacheChoice(text)).toThrow(says);
});
