import { cacheOutage } from '../../scenarios/cache-outage.ts';
import type { RunOptions } from './run-options.ts';
import type { TargetChoice } from './target-choice.ts';

/**
 * A real bug with a history: after a connection was cut between the replies of a pipeline, this version reconnects with its reply
 * queue shifted (fixed in 4.16.1: "abort incomplete pipelines upon reconnect").
 */
export const auditTarget = { target: 'ioredis', targetVersion: '4.16.0' } as const;

export const auditChoice: TargetChoice = {
  source: { name: auditTarget.target },
  version: auditTarget.targetVersion,
  topology: undefined,
};

/** A cut that finds nothing else in flight shifts nothing, so a quiet machine misses the bug now and then. */
export const auditAttemptsMax = 3;

/**
 * What runs, whatever is asked for afterwards: `cache-outage`, small and short, on our own wire and with nothing to soften it. Each
 * attempt, from 1, has a seed of its own.
 */
export function auditOptions(options: RunOptions, attempt: number): RunOptions {
  return {
    ...options,
    seed: options.seed + attempt - 1,
    scenario: cacheOutage,
    target: auditChoice,
    size: { ...cacheOutage.size, ...auditSize },
    mitigations: [],
    faultEngine: 'wire',
    webCacheEngine: undefined,
    webCacheKey: undefined,
    webCacheAnswers: undefined,
  };
}

/** What differs from the scenario's own size. */
export const auditSize = {
  cameras: 240,
  users: 60,
  warmMs: 2_000,
  outageMs: 1_000,
  herdMs: 5_000,
  calmMs: 3_000,
  visitsPerSecond: 30,
};
