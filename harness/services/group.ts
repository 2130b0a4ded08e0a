import { setTimeout as delay } from 'node:timers/promises';
import type { KillOptions, StartedService } from '../model/service.ts';

/** Resolves when the first of them ends by itself. */
export function firstDeath(services: readonly StartedService[]): Promise<string> {
  return Promise.race(services.map(({ died }) => died));
}

/** The last lines of each, under its name. */
export function logTails(services: readonly StartedService[]): string {
  return services.map((service) => `${service.says}:\n${service.logTail()}`).join('\n');
}

export async function killAll(
  services: readonly StartedService[],
  options?: KillOptions,
): Promise<void> {
  await Promise.all(services.map((service) => service.kill(options)));
}

/** Starts all of them again where they were, as each knows the others by their addresses. */
export async function restartAll(
  services: readonly StartedService[],
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(services.map((service) => service.restart(signal, { address: 'same' })));
}

export interface Condition {
  /** For the error: what did not come about. */
  readonly what: string;
  readonly withinMs: number;
  readonly signal: AbortSignal;
  /** Log lines for the error. */
  readonly logTail: () => string;
}

const pollMs = 30;

/** Asks until it holds. A question that fails is a no. Rejects when the time is over, or with the reason of an abort. */
export async function until(
  holds: () => Promise<boolean>,
  { what, withinMs, signal, logTail }: Condition,
): Promise<void> {
  const deadline = AbortSignal.timeout(withinMs);
  while (!(await holds().catch(() => false))) {
    signal.throwIfAborted();
    if (deadline.aborted)
      throw new Error(
        `${what} did not come about within ${withinMs} ms; the last lines were:\n${logTail()}`,
      );
    await delay(pollMs, undefined, { signal });
  }
}

/** Whether all of them say yes. */
export async function every<T>(
  items: readonly T[],
  holds: (item: T) => Promise<boolean>,
): Promise<boolean> {
  return (await Promise.all(items.map(holds))).every(Boolean);
}
