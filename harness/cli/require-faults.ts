import { cacheRefusal } from '../faults/cache-refusal.ts';
import type { Plan } from '../model/plan.ts';
import type { Provider } from '../model/service.ts';
import type { CacheProtocol, Target } from '../model/target.ts';
import { type CacheChoice, topologyProvider } from './cache-choice.ts';
import type { Reaper } from './reaper-handle.ts';
import { UsageError } from './usage-error.ts';

export interface FaultRequirements {
  readonly choice: CacheChoice;
  readonly provider: Provider;
  readonly protocol: CacheProtocol;
  readonly reaper: Reaper;
}

/**
 * Rejects with UsageError when the cache that was found cannot have a fault of the plan, naming the fault and which caches can, or
 * when the servers that the plan wants cannot be had. Starts nothing.
 */
export async function requireFaults(
  plan: Plan,
  { choice, provider, protocol, reaper }: FaultRequirements,
): Promise<void> {
  const { cacheTopology: topology } = plan;
  const { name } =
    topology === undefined ? provider : await topologyProvider(topology, { choice, reaper });
  const faults = plan.steps.flatMap((step) => (step.type === 'fault-on' ? [step.fault] : []));
  const traits = { provider: name, protocol, ...(topology === undefined ? {} : { topology }) };
  const refusal = cacheRefusal(faults, traits);
  if (refusal !== null) throw new UsageError(`${plan.scenario}: ${refusal}`);
}

/** Throws UsageError when the cache that was found does not do what the target needs beyond its protocol. */
export function requireNeeds({ name, needs }: Target, provider: Pick<Provider, 'name'>): void {
  if (needs === undefined || provider.name !== 'embedded') return;
  throw new UsageError(
    `--target ${name} needs a server that sends ${needs}, which the embedded one does not: use --cache process, container or redis://host:port`,
  );
}
