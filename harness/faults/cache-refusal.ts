import type { Fault } from '../model/fault.ts';
import type { CacheTopology } from '../model/plan.ts';
import type { Provider } from '../model/service.ts';
import type { CacheProtocol } from '../model/target.ts';
import { familyOfError } from '../wire/error-replies.ts';

/** A cache, as far as it decides which faults it can have. */
export interface CacheTraits {
  readonly provider: Provider['name'];
  readonly protocol: CacheProtocol;
  /** Absent for a server by itself. */
  readonly topology?: CacheTopology;
}

/** What a fault takes. */
interface Need {
  readonly says: string;
  isMetBy(cache: CacheTraits): boolean;
}

const families = { resp: 'RESP', memcached: 'memcached' } as const satisfies Record<
  CacheProtocol,
  string
>;

/** A process that can be told over its console, and whose data can be kept on a disk. */
const ownRedis: Need = {
  says: 'a Redis or Valkey of our own: --cache process or container, and a target that speaks RESP',
  isMetBy: ({ provider, protocol }) =>
    protocol === 'resp' && (provider === 'process' || provider === 'container'),
};
const ownProcess: Need = {
  says: 'a cache whose process is ours to stop: --cache process, container or embedded',
  isMetBy: ({ provider }) => provider !== 'external',
};
const sentinel: Need = {
  says: 'a primary with a replica and Sentinels, which a plan asks for, and a target that speaks RESP',
  isMetBy: ({ topology, protocol }) => topology === 'sentinel' && protocol === 'resp',
};
const cluster: Need = {
  says: 'the nodes of a cluster, which a plan asks for, and a target that speaks RESP',
  isMetBy: ({ topology, protocol }) => topology === 'cluster' && protocol === 'resp',
};

/**
 * Why a cache cannot have some of these faults, naming each and which caches can; null when it can have all. To be asked of a
 * whole plan before anything starts.
 */
export function cacheRefusal(faults: readonly Fault[], cache: CacheTraits): string | null {
  const unmet = new Map<string, Set<string>>();
  for (const fault of faults) {
    const need = needOf(fault);
    if (need === null || need.isMetBy(cache)) continue;
    unmet.set(need.says, (unmet.get(need.says) ?? new Set()).add(nameOf(fault)));
  }
  if (unmet.size === 0) return null;
  const reasons = Array.from(unmet, ([says, names]) => {
    const verb = names.size === 1 ? 'needs' : 'need';
    return `${[...names].join(', ')} ${verb} ${says}`;
  });
  return `${reasons.join('; ')}; this cache is of the kind ${cache.provider} and speaks ${families[cache.protocol]}`;
}

function needOf(fault: Fault): Need | null {
  switch (fault.kind) {
    case 'kill':
      // Of a cache that is not ours the outage is made on the wire, and its data stays as it is.
      return fault.data === 'kept' ? keeping : null;
    case 'pause':
    case 'starve':
      return ownProcess;
    case 'loading':
    case 'limit-memory':
    case 'limit-connections':
      return ownRedis;
    case 'failover':
      return sentinel;
    case 'move-slots':
      return cluster;
    case 'wire':
      return fault.rule.type === 'error-reply' ? speaking(familyOfError(fault.rule.error)) : null;
    default:
      return fault satisfies never;
  }
}

const keeping: Need = {
  ...ownRedis,
  isMetBy: (cache) => cache.provider === 'external' || ownRedis.isMetBy(cache),
};

function speaking(family: string): Need {
  return {
    says: `a target that speaks ${family}`,
    isMetBy: ({ protocol }) => families[protocol] === family,
  };
}

function nameOf(fault: Fault): string {
  if (fault.kind === 'kill') return 'kill with its data kept';
  if (fault.kind !== 'wire') return fault.kind;
  const { rule } = fault;
  return rule.type === 'error-reply' ? `error-reply ${rule.error}` : rule.type;
}
