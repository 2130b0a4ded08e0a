import type { FailoverFault, KillFault } from '../model/service-fault.ts';
import { type FaultGuard, guardOf, unable } from './guard.ts';
import type { Occasion, ServiceParts } from './service-parts.ts';

/**
 * The process is killed first and the port closed right after, so that established connections die as the kernel of a dead server
 * ends them, and new ones are refused as on a machine where nothing listens.
 */
export async function injectKill(
  { cache, wire }: ServiceParts,
  { data, address }: KillFault,
  { faultId, signal }: Occasion,
): Promise<FaultGuard> {
  // An outage of a service that is not ours is made on the wire.
  if (!cache.abilities.kill)
    return wire.install(faultId, { type: 'refuse-connections', how: 'rst' });
  await cache.kill(data === undefined ? {} : { data });
  const refused = await wire.install(faultId, { type: 'refuse-connections', how: 'rst' });
  return guardOf(
    () => 1,
    async () => {
      await cache.restart(signal, address === undefined ? {} : { address });
      await wire.setUpstream(cache.endpoint);
      await refused[Symbol.asyncDispose]();
    },
  );
}

/** As a kill, until another server is primary: from then on the wire leads there, while the fault is still in force. */
export async function injectFailover(
  { cache, wire }: ServiceParts,
  { kind }: FailoverFault,
  { faultId, signal }: Occasion,
): Promise<FaultGuard> {
  const { failover } = cache;
  if (failover === undefined) throw unable(kind, cache.says, 'a primary with a replica');
  await failover.killPrimary();
  const refused = await wire.install(faultId, { type: 'refuse-connections', how: 'rst' });
  const switchOver = async (): Promise<void> => {
    try {
      await failover.promoted(signal);
      await wire.setUpstream(cache.endpoint);
    } finally {
      await refused[Symbol.asyncDispose]();
    }
  };
  // A promotion takes its time, and the plan goes on meanwhile; whether it came about is known when the fault is healed.
  const switched = switchOver();
  switched.catch(() => undefined);
  return guardOf(
    () => 1,
    async () => {
      await switched;
      await failover.rejoin(signal);
    },
  );
}
