import type { Attribution, Hop } from '../harness/model/attribution.ts';
import { counted, listed, thousands } from './numbers.ts';

const hopSays: Readonly<Record<Hop, string>> = {
  'client-library': 'the cache library handed a caller what belongs to another',
  'library-write': 'the cache library wrote a value under another key than it was told',
  coalescer: 'a layer above the wire gave one caller what was read or loaded for another',
  backend: 'the backend was handed the right value, and answered with another',
  'http-cache': 'the shared HTTP cache answered one person with what it had stored for another',
  'cache-server': 'the cache answered with a value that was never stored under that key',
  'source-of-truth': 'the source of truth itself gave the wrong value',
  generator: 'the load generator mixed it up: our own fault',
  unknown: 'the record cannot tell',
};

/** What that hop did, in words; a hop of a later version is called by its name. */
export function hopWords(hop: string): string {
  return Object.hasOwn(hopSays, hop) ? hopSays[hop as Hop] : hop;
}

/** `client-library 670, unknown 3`. */
export function hopCounts({ hops }: Attribution): string {
  return hops.map(({ hop, count }) => `${hop} ${thousands(count)}`).join(', ');
}

/** The whole attribution in one sentence. */
export function attributionSentence({ hops, followed, violations }: Attribution): string {
  const named = hops.map(({ hop, count }) => `${hop} ${thousands(count)} (${hopWords(hop)})`);
  const all =
    followed === violations
      ? counted(followed, 'violation')
      : `the first ${thousands(followed)} of ${counted(violations, 'violation')}`;
  return `Who bound the wrong value first, for ${all}: ${listed(named)}.`;
}
