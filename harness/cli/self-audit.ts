import type { Scenario, ScenarioSize } from '../model/scenario.ts';

/**
 * A real bug with a history: after a connection was cut between the replies of a pipeline, this version reconnects with its reply
 * queue shifted (fixed in 4.16.1: "abort incomplete pipelines upon reconnect").
 */
export const auditTarget = { name: 'ioredis', version: '4.16.0' } as const;

/** The same scenario, small and short: enough for the bug to show many times over. */
export function auditSize(scenario: Scenario): ScenarioSize {
  return { ...scenario.size, ...small };
}

const small = {
  cameras: 240,
  users: 60,
  warmMs: 2_000,
  outageMs: 1_000,
  herdMs: 5_000,
  calmMs: 3_000,
  visitsPerSecond: 30,
};
