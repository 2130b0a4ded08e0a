import type * as ToxiproxyClient from 'toxiproxy-node-client';
import type { Proxy, Toxiproxy } from 'toxiproxy-node-client';
import type { WireRule } from '../model/fault.ts';
import type { Endpoint } from '../model/target.ts';
import { type FaultGuard, guardOf } from './guard.ts';
import type { WireControl } from './service-parts.ts';
import { type ToxicAction, toxicFor } from './toxiproxy-rules.ts';

export interface ToxiproxyOptions {
  /** Where its API is: of a server of somebody's own, or of one that was started in a process or container. */
  readonly api: Endpoint;
  /** The name of the proxy that is made there. It must be free. */
  readonly name: string;
  /** What the proxy listens on. Port 0 takes a free one, which somebody else may take while the proxy is down. */
  readonly listen: Endpoint;
  readonly upstream: Endpoint;
  /** What has passed behind it so far: Toxiproxy does not say how often a toxic acted, so what came of it there is counted. */
  readonly seen: () => Promise<SeenTraffic>;
  /** Imports `toxiproxy-node-client` unless told. */
  readonly load?: () => Promise<typeof ToxiproxyClient>;
}

/** Counted by whoever stands between Toxiproxy and the cache. */
export interface SeenTraffic {
  readonly replies: number;
  /** Connections that the cache ended. */
  readonly endedByCache: number;
  /** Connections that were ended from the side of the client, which is where Toxiproxy stands. */
  readonly endedByClient: number;
}

/** A second engine behind the seam of the wire. Disposing heals by removing the proxy, which ends its connections. */
export interface ToxiproxyEngine extends WireControl, AsyncDisposable {
  /** For the output, for example `Toxiproxy 2.12.0 at 127.0.0.1:8474`. */
  readonly says: string;
  /** What clients connect to. */
  readonly endpoint: Endpoint;
  /** Rejects, naming the rules that need the wire engine, when Toxiproxy cannot do it. `down` ends connections with a FIN, whatever is asked. */
  install(faultId: string, rule: WireRule): Promise<FaultGuard>;
}

const answerMsMax = 10_000;

/** Makes a proxy in a Toxiproxy that runs. Rejects, and leaves nothing behind, when it does not answer or the name is taken. */
export async function createToxiproxyEngine(options: ToxiproxyOptions): Promise<ToxiproxyEngine> {
  const { api, name, listen, seen } = options;
  const client = await connect(options);
  const says = `Toxiproxy ${versionOf(await within(client.getVersion(), 'say its version'))} at ${text(api)}`;
  let upstream = options.upstream;
  const proxy = await within(
    client.createProxy({ name, listen: text(listen), upstream: text(upstream), enabled: true }),
    `make the proxy ${name} on ${text(listen)}`,
  );
  const installed = new Set<string>();
  let toxics = 0;
  const down = new Set<string>();
  const apply = (what: string): Promise<unknown> =>
    within(
      proxy.update({
        enabled: down.size === 0,
        listen: proxy.listen,
        upstream: text(upstream),
      }),
      what,
    );

  const act = async (faultId: string, action: ToxicAction): Promise<() => Promise<unknown>> => {
    if (action.action === 'toxic') {
      toxics += 1;
      // The name stands in the path of requests.
      const toxicName = `${toxics}-${faultId.replaceAll(/[^\w-]/g, '-')}`;
      return addToxic(proxy, toxicName, action);
    }
    down.add(faultId);
    await apply(`close the port for ${faultId}`);
    return () => {
      down.delete(faultId);
      return apply(`open the port again after ${faultId}, which is left closed`);
    };
  };
  return {
    says,
    endpoint: endpointOf(proxy.listen),
    install: async (faultId, rule) => {
      const action = toxicFor(rule);
      if (installed.has(faultId))
        throw new Error(`a rule ${faultId} is installed already; fault ids are unique in a plan`);
      installed.add(faultId);
      const counted = countOf(action);
      const before = counted(await seen());
      let heal: () => Promise<unknown>;
      try {
        heal = await act(faultId, action);
      } catch (error) {
        installed.delete(faultId);
        down.delete(faultId);
        throw error;
      }
      let after: number | undefined;
      return guardOf(
        // Closing the port is a deed of its own; whom it refuses is not seen.
        async () => (action.action === 'down' ? 1 : (after ?? counted(await seen())) - before),
        async () => {
          await heal();
          after = counted(await seen());
          installed.delete(faultId);
        },
      );
    },
    setUpstream: async (endpoint) => {
      upstream = endpoint;
      await apply(`lead to ${text(endpoint)}`);
    },
    [Symbol.asyncDispose]: async () => {
      await within(proxy.remove(), `remove the proxy ${name}, which is left there`);
    },
  };
}

/** What tells that a toxic acted: the replies that came into it, or the connections that it ended or of which it kept the end back. */
function countOf(action: ToxicAction): (seen: SeenTraffic) => number {
  if (action.action === 'down') return () => 0;
  const { type } = action;
  switch (type) {
    case 'slow_close':
      return ({ endedByCache }) => endedByCache;
    case 'reset_peer':
    case 'limit_data':
      return ({ endedByClient }) => endedByClient;
    case 'latency':
    case 'bandwidth':
    case 'slicer':
    case 'timeout':
      return ({ replies }) => replies;
    default:
      return type satisfies never;
  }
}

async function connect({
  api,
  load = () => import('toxiproxy-node-client'),
}: ToxiproxyOptions): Promise<Toxiproxy> {
  try {
    const library = await load();
    return new library.Toxiproxy(`http://${text(api)}`);
  } catch (error) {
    throw new Error(
      `the package toxiproxy-node-client cannot be loaded: ${(error as Error).message}; npm install toxiproxy-node-client@4`,
      { cause: error },
    );
  }
}

async function addToxic(
  proxy: Proxy,
  name: string,
  { type, attributes }: Extract<ToxicAction, { action: 'toxic' }>,
): Promise<() => Promise<unknown>> {
  const toxic = await within(
    proxy.addToxic({ name, type, stream: 'downstream', toxicity: 1, attributes }),
    `add the toxic ${type}, ${name}`,
  );
  return () => within(toxic.remove(), `remove the toxic ${type}, ${name}, which still acts`);
}

/** The client waits for an answer as long as the server likes. */
async function within<Value>(work: Promise<Value>, what: string): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`it did not answer within ${answerMsMax} ms`)),
    answerMsMax,
  );
  try {
    return await Promise.race([work, late.promise]);
  } catch (error) {
    throw new Error(`Toxiproxy did not ${what}: ${(error as Error).message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Older servers answer with the bare version, newer ones with an object. */
function versionOf(answer: string): string {
  return /^(?:\{"version": *")?(?<version>[^"\s}]+)/.exec(answer)?.groups?.['version'] ?? answer;
}

function text({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function endpointOf(listen: string): Endpoint {
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon).replace(/^\[(?<address>.*)\]$/, '$<address>');
  return { host, port: Number(listen.slice(colon + 1)) };
}
