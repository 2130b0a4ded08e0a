import type {
  ClusterControl,
  Redirections,
  SlotMove,
  SlotMoved,
  StartedService,
} from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { every, firstDeath, killAll, logTails, restartAll, until } from './group.ts';
import { freePort, type ProcessOptions, startProcess } from './process.ts';
import { fieldOf, redisRecipe } from './recipe-redis.ts';
import { openRedisConsole, sayOnce } from './redis-console.ts';
import { carrySlot } from './redis-slot-move.ts';

/** Three primaries that share the slots. `endpoint` is that of the first. */
export interface ClusterTopology extends StartedService {
  readonly cluster: ClusterControl;
}

const nodeCount = 3;
const slotCount = 16_384;
const nodeTimeoutMs = 2_000;
/** Nodes greet each other after half of this time at the latest, and so learn of a new address. */
const hastyTimeoutMs = 400;
const settleMsMax = 15_000;

/** One process of the cluster, and what it tells the others about itself. */
interface Node {
  readonly service: StartedService;
  readonly id: string;
  /** Where the nodes talk with each other. */
  readonly busPort: number;
  /** Where clients are sent; where it is, unless it was told otherwise. */
  announced: Endpoint;
}

/**
 * Starts three processes, gives each a third of the slots, and waits until all agree. Rejects with their last log lines when they do
 * not, and leaves none behind then.
 */
export async function startClusterTopology(
  options: Omit<ProcessOptions, 'port'>,
  signal: AbortSignal,
): Promise<ClusterTopology> {
  await using starting = new AsyncDisposableStack();
  const nodes: Node[] = [];
  for (let index = 0; index < nodeCount; index += 1)
    nodes.push(await startNode({ ...options, index, starting }, signal));
  await introduce(nodes);
  const slots = new Slots(nodes);
  await slots.settled(signal);
  return topologyOf(slots, starting.move());
}

function topologyOf(slots: Slots, processes: AsyncDisposableStack): ClusterTopology {
  const services = slots.nodes.map(({ service }) => service);
  const first = slots.node(0).service;
  return {
    says: `${first.says} and ${nodeCount - 1} more in a cluster`,
    cluster: controlOf(slots),
    abilities: { kill: true },
    died: firstDeath(services),
    get endpoint() {
      return first.endpoint;
    },
    get processIds() {
      return services.flatMap(({ processIds }) => processIds);
    },
    logTail: () => logTails(services),
    pause: async () => {
      await Promise.all(services.map(async (service) => service.pause?.()));
    },
    resume: async () => {
      await Promise.all(services.map(async (service) => service.resume?.()));
    },
    kill: (options) => killAll(services, options),
    restart: async (signal) => {
      await restartAll(services, signal);
      await slots.settled(signal);
    },
    [Symbol.asyncDispose]: () => processes.disposeAsync(),
  };
}

function controlOf(slots: Slots): ClusterControl {
  return {
    nodes: slots.nodes.map(({ service }) => service.endpoint),
    announce: (addresses, signal) => slots.announce(addresses, signal),
    ownerOf: (slot) => slots.ownerOf(slot),
    slotsWithKeys: (node) => slotsWithKeys(slots.node(node)),
    moveSlot: (move) => slots.move(move),
    agreed: (signal) => slots.settled(signal),
    redirections: async () => {
      const all = await Promise.all(slots.nodes.map(redirectionsOf));
      return {
        asked: all.reduce((sum, { asked }) => sum + asked, 0),
        moved: all.reduce((sum, { moved }) => sum + moved, 0),
      };
    },
  };
}

/** Who has which slot; identity and change over time are the point, so a class. */
class Slots {
  readonly nodes: readonly Node[];
  readonly #moved = new Map<number, number>();

  constructor(nodes: readonly Node[]) {
    this.nodes = nodes;
  }

  node(index: number): Node {
    const node = this.nodes[index];
    if (node === undefined)
      throw new RangeError(`there is no node ${index}; a cluster here has ${nodeCount}, from 0`);
    return node;
  }

  ownerOf(slot: number): number {
    return this.#moved.get(checkedSlot(slot)) ?? Math.floor((slot * nodeCount) / slotCount);
  }

  async move(move: SlotMove): Promise<SlotMoved> {
    const from = this.ownerOf(move.slot);
    if (from === move.to) return { keys: 0, steps: 0 };
    const [source, target] = [this.node(from), this.node(move.to)];
    const others = this.nodes.filter((node) => node !== source && node !== target);
    const carried = await carrySlot(move, {
      source: placeOf(source),
      target: placeOf(target),
      others: others.map(placeOf),
    });
    this.#moved.set(move.slot, move.to);
    if (carried.failure !== undefined) throw carried.failure;
    return carried.moved;
  }

  async announce(addresses: readonly Endpoint[], signal: AbortSignal): Promise<void> {
    if (addresses.length !== nodeCount)
      throw new RangeError(
        `${addresses.length} addresses were given for a cluster of ${nodeCount} nodes; give one a node`,
      );
    await this.#setTimeouts(hastyTimeoutMs);
    try {
      for (const [index, address] of addresses.entries())
        await announceNode(this.node(index), address);
      await this.settled(signal);
    } finally {
      await this.#setTimeouts(nodeTimeoutMs);
    }
  }

  async #setTimeouts(timeoutMs: number): Promise<void> {
    for (const { service } of this.nodes)
      await sayOnce(service.endpoint, 'CONFIG', 'SET', 'cluster-node-timeout', String(timeoutMs));
  }

  /** Resolves when all nodes know each other, agree on every slot, and send clients where they should. */
  async settled(signal: AbortSignal): Promise<void> {
    const services = this.nodes.map(({ service }) => service);
    await until(
      async () => (await every(services, isWhole)) && (await every(services, this.#agrees)),
      {
        what: 'a cluster in which all nodes know each other and every slot has one owner',
        withinMs: settleMsMax,
        signal,
        logTail: () => logTails(services),
      },
    );
  }

  readonly #agrees = async ({ endpoint }: StartedService): Promise<boolean> => {
    await using console = await openRedisConsole(endpoint);
    const ranges = (await console.list('CLUSTER', 'SLOTS')).map((range) => range.split(' '));
    return ranges.every(([from, to, host, port, id]) =>
      this.#has({ id, host, port }, { from: Number(from), to: Number(to) }),
    );
  };

  /** Whether a node is where it was announced to be, and has all of these slots. */
  #has(
    who: Readonly<Record<'id' | 'host' | 'port', string | undefined>>,
    { from, to }: { readonly from: number; readonly to: number },
  ): boolean {
    const index = this.nodes.findIndex(({ id }) => id === who.id);
    const announced = this.nodes[index]?.announced;
    if (announced?.host !== who.host || String(announced?.port) !== who.port) return false;
    for (let slot = from; slot <= to; slot += 1) if (this.ownerOf(slot) !== index) return false;
    return true;
  }
}

async function announceNode(node: Node, address: Endpoint): Promise<void> {
  node.announced = address;
  await using console = await openRedisConsole(node.service.endpoint);
  await console.say('CONFIG', 'SET', 'cluster-announce-ip', address.host);
  await console.say('CONFIG', 'SET', 'cluster-announce-port', String(address.port));
}

async function startNode(
  {
    index,
    starting,
    ...options
  }: Omit<ProcessOptions, 'port'> & {
    readonly index: number;
    readonly starting: AsyncDisposableStack;
  },
  signal: AbortSignal,
): Promise<Node> {
  let busPort = await freePort();
  let announced: Endpoint | undefined;
  const service = starting.use(
    await startProcess(
      {
        ...redisRecipe({}),
        prepare: async (place) => {
          // The others remember it once they have met, so it stays the same from then on.
          if (announced === undefined) busPort = await freePort();
          const { host, port } = announced ?? place.endpoint;
          const configuration = [
            'cluster-enabled yes',
            'cluster-config-file nodes.conf',
            `cluster-node-timeout ${nodeTimeoutMs}`,
            `cluster-port ${busPort}`,
            `cluster-announce-ip ${host}`,
            `cluster-announce-port ${port}`,
            `cluster-announce-bus-port ${busPort}`,
          ];
          return redisRecipe({ configuration }).prepare(place);
        },
      },
      options,
      signal,
    ),
  );
  await using console = await openRedisConsole(service.endpoint);
  const from = Math.ceil((index * slotCount) / nodeCount);
  const to = Math.ceil(((index + 1) * slotCount) / nodeCount) - 1;
  await console.say('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to));
  await console.say('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
  const id = await console.say('CLUSTER', 'MYID');
  announced = service.endpoint;
  return {
    service,
    id,
    busPort,
    get announced() {
      return announced ?? service.endpoint;
    },
    set announced(address) {
      announced = address;
    },
  };
}

/** Whoever has met one of them hears of the others from it. */
async function introduce([first, ...others]: readonly Node[]): Promise<void> {
  if (first === undefined) return;
  await using console = await openRedisConsole(first.service.endpoint);
  for (const { service, busPort } of others) {
    const { host, port } = service.endpoint;
    await console.say('CLUSTER', 'MEET', host, String(port), String(busPort));
  }
}

async function isWhole({ endpoint }: StartedService): Promise<boolean> {
  const information = await sayOnce(endpoint, 'CLUSTER', 'INFO');
  return (
    fieldOf(information, 'cluster_state') === 'ok' &&
    fieldOf(information, 'cluster_known_nodes') === String(nodeCount) &&
    fieldOf(information, 'cluster_slots_ok') === String(slotCount)
  );
}

/** Asked of the server in one script, as it has no command for it. */
async function slotsWithKeys({ service }: Node): Promise<readonly number[]> {
  await using console = await openRedisConsole(service.endpoint);
  const script = `local held = {}
for slot = 0, ${slotCount - 1} do
  if redis.call('CLUSTER', 'COUNTKEYSINSLOT', slot) > 0 then held[#held + 1] = slot end
end
return held`;
  return (await console.list('EVAL', script, '0')).map(Number);
}

async function redirectionsOf({ service }: Node): Promise<Redirections> {
  const information = await sayOnce(service.endpoint, 'INFO', 'errorstats');
  const count = (name: string): number =>
    Number(/^count=(\d+)/.exec(fieldOf(information, `errorstat_${name}`) ?? '')?.[1] ?? 0);
  return { asked: count('ASK'), moved: count('MOVED') };
}

function placeOf({ service, id }: Node): { readonly endpoint: Endpoint; readonly id: string } {
  return { endpoint: service.endpoint, id };
}

function checkedSlot(slot: number): number {
  if (Number.isInteger(slot) && slot >= 0 && slot < slotCount) return slot;
  throw new RangeError(`there is no slot ${slot}; slots are whole numbers below ${slotCount}`);
}
