import type { Fault, WireRule } from '../model/fault.ts';
import type { FaultGuard } from './guard.ts';
import { injectFailover, injectKill } from './kill.ts';
import { injectConnectionLimit, injectMemoryLimit } from './limits.ts';
import { injectLoading } from './loading.ts';
import { injectMoveSlots } from './move-slots.ts';
import { injectPause, injectStarve } from './pause.ts';
import type { ServiceParts } from './service-parts.ts';

export type { WireControl } from './service-parts.ts';

export interface FaultInjector {
  /** Breaks something. Rejects, naming what it would take, for a fault that the service in use cannot have. */
  inject(faultId: string, fault: Fault, signal: AbortSignal): Promise<FaultGuard>;
}

export interface InjectorParts extends ServiceParts {
  /** Stands before every key where the cache is not ours; rules that select by key look behind it. */
  readonly keyPrefix: string;
}

/** Injects every kind of fault that a plan can hold. */
export function createInjector(parts: InjectorParts): FaultInjector {
  return { inject: (faultId, fault, signal) => inject(parts, { faultId, signal }, fault) };
}

async function inject(
  parts: InjectorParts,
  occasion: { readonly faultId: string; readonly signal: AbortSignal },
  fault: Fault,
): Promise<FaultGuard> {
  switch (fault.kind) {
    case 'kill':
      return injectKill(parts, fault, occasion);
    case 'pause':
      return injectPause(parts, fault, occasion);
    case 'starve':
      return injectStarve(parts, fault, occasion);
    case 'loading':
      return injectLoading(parts, fault, occasion);
    case 'limit-memory':
      return injectMemoryLimit(parts, fault, occasion);
    case 'limit-connections':
      return injectConnectionLimit(parts, fault, occasion);
    case 'failover':
      return injectFailover(parts, fault, occasion);
    case 'move-slots':
      return injectMoveSlots(parts, fault, occasion);
    case 'wire':
      return parts.wire.install(occasion.faultId, behindPrefix(fault.rule, parts.keyPrefix));
    default:
      return fault satisfies never;
  }
}

function behindPrefix(rule: WireRule, before: string): WireRule {
  if (!('selector' in rule)) return rule;
  const { keyPrefix, keyPattern } = rule.selector;
  return {
    ...rule,
    selector: {
      ...rule.selector,
      ...(keyPrefix === undefined ? {} : { keyPrefix: before + keyPrefix }),
      ...(keyPattern === undefined ? {} : { keyPattern: before + keyPattern }),
    },
  };
}
