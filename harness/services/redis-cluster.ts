import type { StartedService } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { every, firstDeath, killAll, logTails, restartAll, until } from './group.ts';
import { freePort, type ProcessOptions, startProcess } from './process.ts';
import { fieldOf, redisRecipe } from './recipe-redis.ts';
import { openRedisConsole, sayOnce } from './redis-console.ts';

/** Three primaries that share the slots. `endpoint` is that of the first. */
export interface ClusterTopology extends StartedService {
  readonly nodes: readonly Endpoint[];
  /** Which node, from 0, has a slot now. */
  ownerOf(slot: number): number;
  /** Moves a slot with its keys to another node, while clients go on. */
  moveSlot(options: SlotMove): Promise<SlotMoved>;
}

export interface SlotMove {
  /** From 0 to 16,383. */
  readonly slot: number;
  /** The node that gets it, from 0. */
  readonly to: number;
  /** How many keys go at once. 10 unless told. */
  readonly keysPerStep?: number;
  /**
   * Awaited after each step, while some keys are here and some there: a client that asks for one that is
   * gone is sent on with ASK. When it rejects, the move is still brought to its end, and rejects then.
   */
  readonly afterStep?: (keysMoved: number) => Promise<void>;
}

export interface SlotMoved {
  readonly keys: number;
  readonly steps: number;
}

const nodeCount = 3;
const slotCount = 16_384;
const nodeTimeoutMs = 2_000;
const settleMsMax = 15_000;
const migrateMsMax = 5_000;
const keysPerStepDefault = 10;
const stepsMax = 100_000;

interface Node {
  readonly service: StartedService;
  readonly id: string;
  /** Where the nodes talk with each other. */
  readonly busPort: number;
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
  const services = nodes.map(({ service }) => service);
  const settled = async (signal: AbortSignal): Promise<void> => {
    await until(() => every(services, isWhole), {
      what: 'a cluster in which all nodes know each other and every slot has an owner',
      withinMs: settleMsMax,
      signal,
      logTail: () => logTails(services),
    });
  };
  await settled(signal);
  return topologyOf({ nodes, settled, processes: starting.move() });
}

function topologyOf({
  nodes,
  settled,
  processes,
}: {
  readonly nodes: readonly Node[];
  readonly settled: (signal: AbortSignal) => Promise<void>;
  readonly processes: AsyncDisposableStack;
}): ClusterTopology {
  const services = nodes.map(({ service }) => service);
  const first = nodeAt(nodes, 0).service;
  const moved = new Map<number, number>();
  const ownerOf = (slot: number): number =>
    moved.get(checkedSlot(slot)) ?? Math.floor((slot * nodeCount) / slotCount);
  return {
    says: `${first.says} and ${nodeCount - 1} more in a cluster`,
    nodes: services.map(({ endpoint }) => endpoint),
    ownerOf,
    abilities: { kill: true },
    died: firstDeath(services),
    get endpoint() {
      return first.endpoint;
    },
    get processIds() {
      return services.flatMap(({ processIds }) => processIds);
    },
    logTail: () => logTails(services),
    kill: (options) => killAll(services, options),
    restart: async (signal) => {
      await restartAll(services, signal);
      await settled(signal);
    },
    moveSlot: async (move) => {
      const from = ownerOf(move.slot);
      if (from === move.to) return { keys: 0, steps: 0 };
      const others = services.filter((_, index) => index !== from && index !== move.to);
      const carried = await carry(move, {
        source: nodeAt(nodes, from),
        target: nodeAt(nodes, move.to),
        others,
      });
      moved.set(move.slot, move.to);
      if (carried.failure !== undefined) throw carried.failure;
      return carried.moved;
    },
    [Symbol.asyncDispose]: () => processes.disposeAsync(),
  };
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
  let isUp = false;
  const service = starting.use(
    await startProcess(
      {
        ...redisRecipe({}),
        prepare: async (place) => {
          // The others remember it once they have met, so it stays the same from then on.
          if (!isUp) busPort = await freePort();
          const configuration = [
            'cluster-enabled yes',
            'cluster-config-file nodes.conf',
            `cluster-node-timeout ${nodeTimeoutMs}`,
            `cluster-port ${busPort}`,
          ];
          return redisRecipe({ configuration }).prepare(place);
        },
      },
      options,
      signal,
    ),
  );
  isUp = true;
  await using console = await openRedisConsole(service.endpoint);
  const from = Math.ceil((index * slotCount) / nodeCount);
  const to = Math.ceil(((index + 1) * slotCount) / nodeCount) - 1;
  await console.say('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to));
  await console.say('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
  return { service, id: await console.say('CLUSTER', 'MYID'), busPort };
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

/** The steps that the cluster specification gives for moving a slot by hand. */
async function carry(
  { slot, keysPerStep = keysPerStepDefault, afterStep }: SlotMove,
  {
    source,
    target,
    others,
  }: { readonly source: Node; readonly target: Node; readonly others: readonly StartedService[] },
): Promise<{ readonly moved: SlotMoved; readonly failure: unknown }> {
  await using here = await openRedisConsole(source.service.endpoint);
  await using there = await openRedisConsole(target.service.endpoint);
  const { host, port } = target.service.endpoint;
  const setSlot = ['CLUSTER', 'SETSLOT', String(slot)] as const;
  await there.say(...setSlot, 'IMPORTING', source.id);
  await here.say(...setSlot, 'MIGRATING', target.id);
  const next = (): Promise<readonly string[]> =>
    here.list('CLUSTER', 'GETKEYSINSLOT', String(slot), String(keysPerStep));
  let failure: unknown;
  let keys = 0;
  let steps = 0;
  for (let batch = await next(); batch.length > 0; batch = await next()) {
    if (steps >= stepsMax)
      throw new Error(
        `slot ${slot} still has keys after ${stepsMax} steps; take more than ${keysPerStep} keys a step`,
      );
    await here.say('MIGRATE', host, String(port), '', '0', String(migrateMsMax), 'KEYS', ...batch);
    keys += batch.length;
    steps += 1;
    // A slot that stays between two nodes is worse than one that moves a little faster than was wished.
    if (failure === undefined) failure = await failureOf(afterStep?.(keys));
  }
  await there.say(...setSlot, 'NODE', target.id);
  await here.say(...setSlot, 'NODE', target.id);
  for (const { endpoint } of others) await sayOnce(endpoint, ...setSlot, 'NODE', target.id);
  return { moved: { keys, steps }, failure };
}

async function failureOf(work: Promise<void> | undefined): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error;
  }
}

function nodeAt(nodes: readonly Node[], index: number): Node {
  const node = nodes[index];
  if (node === undefined)
    throw new RangeError(`there is no node ${index}; a cluster here has ${nodeCount}, from 0`);
  return node;
}

function checkedSlot(slot: number): number {
  if (Number.isInteger(slot) && slot >= 0 && slot < slotCount) return slot;
  throw new RangeError(`there is no slot ${slot}; slots are whole numbers below ${slotCount}`);
}
