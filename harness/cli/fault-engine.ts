import type { WireControl } from '../faults/injector.ts';
import { createToxiproxyEngine } from '../faults/toxiproxy.ts';
import { toxiproxyRefusal } from '../faults/toxiproxy-rules.ts';
import type { WireRule } from '../model/fault.ts';
import type { Plan } from '../model/plan.ts';
import type { Provider } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import type { Child } from '../processes/channel.ts';
import type { WireApi } from '../processes/wire.ts';

/** Who breaks things between backend and cache: our own wire, or a Toxiproxy before it. */
export type FaultEngine = 'wire' | 'toxiproxy';

/** Why an engine cannot carry out a plan, or null when it can. */
export function engineRefusal(engine: FaultEngine, plan: Plan): string | null {
  if (engine === 'wire') return null;
  return toxiproxyRefusal(
    plan.steps.flatMap((step) => (step.type === 'fault-on' ? rulesOf(step.fault) : [])),
  );
}

function rulesOf(
  fault: Extract<Plan['steps'][number], { type: 'fault-on' }>['fault'],
): readonly WireRule[] {
  return fault.kind === 'wire' ? [fault.rule] : [];
}

export interface StartedEngine {
  /** For the output; undefined for our own wire, which goes without saying. */
  readonly says: string | undefined;
  /** What the backend takes for its cache. */
  readonly endpoint: Endpoint;
  readonly control: WireControl;
}

export interface EngineParts {
  /** The Toxiproxy to start; null for our own wire. */
  readonly toxiproxy: Provider | null;
  /** The name of the proxy in it; it must be free. */
  readonly name: string;
  readonly wire: Child<WireApi>;
  readonly wireEndpoint: Endpoint;
  /** Takes what has to be disposed of. */
  readonly stack: AsyncDisposableStack;
}

/**
 * With Toxiproxy the way is backend, Toxiproxy, our wire without rules, cache: so every command and reply is written down all the
 * same. Rejects when it does not start.
 */
export async function startFaultEngine(
  parts: EngineParts,
  signal: AbortSignal,
): Promise<StartedEngine> {
  const { toxiproxy: provider, name, wire, wireEndpoint, stack } = parts;
  const own = wireControl(wire);
  if (provider === null) return { says: undefined, endpoint: wireEndpoint, control: own };
  const server = stack.use(await provider.start(signal));
  const toxiproxy = stack.use(
    await createToxiproxyEngine({
      api: server.endpoint,
      name,
      listen: { host: '127.0.0.1', port: 0 },
      upstream: wireEndpoint,
      seen: () => wire.call('seen', null),
    }),
  );
  return {
    says: `${toxiproxy.says} (${kinds[provider.name]}), before the wire`,
    endpoint: toxiproxy.endpoint,
    control: {
      install: (faultId, rule) => toxiproxy.install(faultId, rule),
      setUpstream: (to) => own.setUpstream(to),
    },
  };
}

const kinds: Readonly<Record<Provider['name'], string>> = {
  external: 'yours',
  process: 'own process',
  container: 'own container',
  embedded: 'embedded',
};

function wireControl(wire: Child<WireApi>): WireControl {
  return {
    setUpstream: (endpoint) => wire.call('setUpstream', endpoint),
    install: async (faultId, rule) => {
      await wire.call('install', { faultId, rule });
      let removed: Promise<void> | undefined;
      return {
        bit: () => wire.call('bit', faultId),
        [Symbol.asyncDispose]: () => (removed ??= wire.call('remove', faultId)),
      };
    },
  };
}
