import type { Fault, WireRule } from '../model/fault.ts';
import type { StartedService } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';

/** The law of this seam: leaving a guard heals, leaving it twice is a no-op, and a guard that fails to heal rejects and says what is left. */
export interface FaultGuard extends AsyncDisposable {
  /** How often the fault acted so far: kills done, connections cut, replies held. */
  bit(): Promise<number>;
}

export interface FaultInjector {
  inject(faultId: string, fault: Fault, signal: AbortSignal): Promise<FaultGuard>;
}

/** The wire as injectors see it, wherever it runs. */
export interface WireControl {
  install(faultId: string, rule: WireRule): Promise<FaultGuard>;
  /** Where new connections go from now on. */
  setUpstream(endpoint: Endpoint): Promise<void>;
}

export interface InjectorParts {
  readonly cache: StartedService;
  readonly wire: WireControl;
  /** Stands before every key where the cache is not ours; rules that select by key look behind it. */
  readonly keyPrefix: string;
}

/** Injects every kind of fault that a plan can hold. */
export function createInjector(parts: InjectorParts): FaultInjector {
  return {
    inject: (faultId, fault, signal) => {
      switch (fault.kind) {
        case 'kill':
          return parts.cache.abilities.kill
            ? killCache(parts, faultId, signal)
            : parts.wire.install(faultId, { type: 'refuse-connections', how: 'rst' });
        case 'wire':
          return parts.wire.install(faultId, behindPrefix(fault.rule, parts.keyPrefix));
        default:
          return fault satisfies never;
      }
    },
  };
}

/**
 * The process is killed first and the port closed right after, so that established connections die as the kernel of a dead server
 * ends them, and new ones are refused as on a machine where nothing listens.
 */
async function killCache(
  { cache, wire }: InjectorParts,
  faultId: string,
  signal: AbortSignal,
): Promise<FaultGuard> {
  await cache.kill();
  const refused = await wire.install(faultId, { type: 'refuse-connections', how: 'rst' });
  let healed: Promise<void> | undefined;
  const heal = async (): Promise<void> => {
    await cache.restart(signal);
    await wire.setUpstream(cache.endpoint);
    await refused[Symbol.asyncDispose]();
  };
  return {
    bit: () => Promise.resolve(1),
    [Symbol.asyncDispose]: () => (healed ??= heal()),
  };
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
