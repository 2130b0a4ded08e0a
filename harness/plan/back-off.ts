import type { BackOff } from '../model/population.ts';
import type { Rng } from '../model/world.ts';

/** What a camera remembers between attempts. Starts as `freshBackOff`, and does so again once it was connected. */
export interface BackOffState {
  /** Delays drawn since the camera was last connected. */
  readonly failures: number;
  /** The delay drawn last, in milliseconds; 0 when there was none. */
  readonly previousMs: number;
}

export const freshBackOff: BackOffState = { failures: 0, previousMs: 0 };

/**
 * How long to wait before the next attempt, in milliseconds, and what to remember.
 *
 * Source: the AWS Architecture Blog, "Exponential Backoff And Jitter" (2015), in whose words
 * exponential is `min(cap, base * 2 ** attempt)`, full jitter is `random_between(0, min(cap, base * 2 ** attempt))`
 * and decorrelated jitter is `min(cap, random_between(base, sleep * 3))`, where `sleep` begins as `base`.
 *
 * @throws RangeError when a delay of the policy is negative or not finite, or when its base exceeds its cap
 */
export function nextDelay(
  policy: BackOff,
  state: BackOffState,
  rng: Rng,
): { readonly delayMs: number; readonly state: BackOffState } {
  const delayMs = drawDelayMs(policy, state, rng);
  return { delayMs, state: { failures: state.failures + 1, previousMs: delayMs } };
}

function drawDelayMs(policy: BackOff, state: BackOffState, rng: Rng): number {
  switch (policy.policy) {
    case 'immediate':
    case 'fixed':
      return checkedMs(policy.delayMs, 'delayMs', policy);
    case 'exponential':
      return ceilingMs(policy, state);
    case 'exponential-full-jitter':
      return rng.unit() * ceilingMs(policy, state);
    case 'decorrelated-jitter': {
      checkRange(policy);
      const sleepMs = state.failures === 0 ? policy.baseMs : state.previousMs;
      const drawnMs = policy.baseMs + rng.unit() * Math.max(0, sleepMs * 3 - policy.baseMs);
      return Math.min(policy.capMs, drawnMs);
    }
    default:
      return policy satisfies never;
  }
}

type Growing = Extract<BackOff, { readonly baseMs: number }>;

/** `2 ** attempt` overflows to Infinity after some thousand failures, and the cap still holds. */
function ceilingMs(policy: Growing, state: BackOffState): number {
  checkRange(policy);
  return policy.baseMs === 0 ? 0 : Math.min(policy.capMs, policy.baseMs * 2 ** state.failures);
}

function checkRange(policy: Growing): void {
  checkedMs(policy.baseMs, 'baseMs', policy);
  checkedMs(policy.capMs, 'capMs', policy);
  if (policy.baseMs > policy.capMs) {
    throw new RangeError(
      `the ${policy.policy} back-off has baseMs ${policy.baseMs} above capMs ${policy.capMs}; raise capMs or lower baseMs`,
    );
  }
}

function checkedMs(valueMs: number, name: string, policy: BackOff): number {
  if (Number.isFinite(valueMs) && valueMs >= 0) return valueMs;
  throw new RangeError(
    `${name} of the ${policy.policy} back-off must be 0 ms or more and finite, got ${valueMs}`,
  );
}
