import type { FailoverControl, StartedService } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { every, firstDeath, killAll, logTails, restartAll, until } from './group.ts';
import { type ProcessOptions, startProcess } from './process.ts';
import { fieldOf, redisRecipe, sentinelRecipe } from './recipe-redis.ts';
import { openRedisConsole, sayOnce } from './redis-console.ts';
import { hasCaughtUp, writtenOffset } from './redis-replication.ts';

/** A primary, a replica and three Sentinels that watch them. `endpoint` is the primary's. */
export interface SentinelTopology extends StartedService {
  /** What clients ask the Sentinels for. */
  readonly name: string;
  readonly sentinels: readonly Endpoint[];
  readonly failover: FailoverControl;
}

const name = 'cache';
const sentinelCount = 3;
const quorum = 2;
/** Short enough for a run of seconds, and longer than a busy machine lets a healthy server wait for the processor. */
const downAfterMs = 1_000;
/** An election that found no winner is held again after twice this time. */
const failoverMsMax = 1_500;
const settleMsMax = 40_000;

/** How often Sentinels look and talk, in milliseconds; seconds unless told, which would be most of an outage here. */
const paces: readonly (readonly [string, string])[] = [
  ['INFO-PERIOD', '200'],
  ['PING-PERIOD', '100'],
  ['ASK-PERIOD', '100'],
  ['PUBLISH-PERIOD', '200'],
];

/**
 * Starts all five processes and waits until every Sentinel knows the others, the primary and the replica. Rejects with their
 * last log lines when that does not come about, and leaves none behind then.
 */
export async function startSentinelTopology(
  options: Omit<ProcessOptions, 'port'>,
  signal: AbortSignal,
): Promise<SentinelTopology> {
  await using starting = new AsyncDisposableStack();
  const primary = await startNode(options, signal);
  starting.use(primary.service);
  const replica = await startNode(options, signal, primary.service.endpoint);
  starting.use(replica.service);
  const sentinels: StartedService[] = [];
  for (let count = 0; count < sentinelCount; count += 1)
    sentinels.push(starting.use(await startSentinel(options, signal, primary.service.endpoint)));
  const pair = new Pair({ primary, replica, sentinels });
  await pair.settled(signal);
  return topologyOf(pair, starting.move());
}

function topologyOf(pair: Pair, processes: AsyncDisposableStack): SentinelTopology {
  const { sentinels, holders } = pair;
  const all = [...holders, ...sentinels];
  return {
    name,
    sentinels: sentinels.map(({ endpoint }) => endpoint),
    abilities: { kill: true },
    died: firstDeath(all),
    failover: pair,
    get says() {
      return `${pair.primary.service.says} with a replica and ${sentinelCount} Sentinels`;
    },
    get endpoint() {
      return pair.primary.service.endpoint;
    },
    get processIds() {
      return all.flatMap(({ processIds }) => processIds);
    },
    logTail: () => logTails(all),
    kill: (options) => killAll(holders, options),
    restart: async (signal) => {
      await restartAll(holders, signal);
      await pair.settled(signal);
    },
    openConsole: () => openRedisConsole(pair.primary.service.endpoint),
    [Symbol.asyncDispose]: () => processes.disposeAsync(),
  };
}

interface Node {
  readonly service: StartedService;
  /** Whom it follows when it is started the next time; undefined to be primary. */
  follow(primary: Endpoint | undefined): void;
}

async function startNode(
  options: Omit<ProcessOptions, 'port'>,
  signal: AbortSignal,
  first?: Endpoint,
): Promise<Node> {
  let primary = first;
  const recipe = redisRecipe({});
  const service = await startProcess(
    {
      ...recipe,
      prepare: (place) => {
        const following = primary === undefined ? [] : [`replicaof ${written(primary)}`];
        const configuration = ['repl-diskless-sync-delay 0', ...following];
        return redisRecipe({ configuration }).prepare(place);
      },
    },
    options,
    signal,
  );
  return {
    service,
    follow: (endpoint) => {
      primary = endpoint;
    },
  };
}

async function startSentinel(
  options: Omit<ProcessOptions, 'port'>,
  signal: AbortSignal,
  primary: Endpoint,
): Promise<StartedService> {
  const recipe = sentinelRecipe([
    `sentinel monitor ${name} ${written(primary)} ${quorum}`,
    `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
    `sentinel failover-timeout ${name} ${failoverMsMax}`,
  ]);
  await using starting = new AsyncDisposableStack();
  const service = starting.use(await startProcess(recipe, options, signal));
  await sayOnce(service.endpoint, 'SENTINEL', 'DEBUG', ...paces.flat());
  starting.move();
  return service;
}

/** Who of the two is primary; identity and change over time are the point, so a class. */
class Pair implements FailoverControl {
  primary: Node;
  #replica: Node;
  readonly sentinels: readonly StartedService[];
  readonly holders: readonly StartedService[];

  constructor(parts: {
    readonly primary: Node;
    readonly replica: Node;
    readonly sentinels: readonly StartedService[];
  }) {
    this.primary = parts.primary;
    this.#replica = parts.replica;
    this.sentinels = parts.sentinels;
    this.holders = [parts.primary.service, parts.replica.service];
  }

  async killPrimary(): Promise<void> {
    await this.primary.service.kill();
  }

  async promoted(signal: AbortSignal): Promise<void> {
    const { endpoint } = this.#replica.service;
    await this.#until(
      'that the replica is primary in the eyes of all Sentinels',
      signal,
      async () => {
        const isPrimary = (await this.#replication(this.#replica, 'role')) === 'master';
        return isPrimary && (await every(this.sentinels, (sentinel) => sees(sentinel, endpoint)));
      },
    );
    [this.primary, this.#replica] = [this.#replica, this.primary];
    this.primary.follow(undefined);
    this.#replica.follow(endpoint);
  }

  async rejoin(signal: AbortSignal): Promise<void> {
    await this.#replica.service.restart(signal, { address: 'same' });
    await this.settled(signal);
  }

  /**
   * Resolves when the replica follows the primary and has all that was written there before, and every Sentinel knows all of them and
   * finds none missing.
   */
  async settled(signal: AbortSignal): Promise<void> {
    let offset: number | undefined;
    await this.#until('that the replica follows and all Sentinels know', signal, async () => {
      const information = await replication(this.primary);
      // Sentinels say hello through the primary, so that something is always written: a replica that confirmed none of it is not there yet.
      offset ??= Math.max(1, writtenOffset(information));
      const follows = (await this.#replication(this.#replica, 'master_link_status')) === 'up';
      return follows && hasCaughtUp(information, offset) && (await every(this.sentinels, knowsAll));
    });
  }

  async #replication(node: Node, field: string): Promise<string | undefined> {
    return fieldOf(await replication(node), field);
  }

  async #until(what: string, signal: AbortSignal, holds: () => Promise<boolean>): Promise<void> {
    const logTail = (): string => logTails([...this.holders, ...this.sentinels]);
    await until(holds, { what, withinMs: settleMsMax, signal, logTail });
  }
}

function replication({ service }: Node): Promise<string> {
  return sayOnce(service.endpoint, 'INFO', 'replication');
}

async function sees({ endpoint }: StartedService, primary: Endpoint): Promise<boolean> {
  const told = await sayOnce(endpoint, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name);
  return told === written(primary);
}

async function knowsAll({ endpoint }: StartedService): Promise<boolean> {
  await using console = await openRedisConsole(endpoint);
  const primary = fieldsOf(await console.list('SENTINEL', 'MASTER', name));
  const [first = ''] = await console.list('SENTINEL', 'REPLICAS', name);
  const replica = fieldsOf(first.split(' '));
  return (
    primary.get('num-other-sentinels') === String(sentinelCount - 1) &&
    primary.get('flags') === 'master' &&
    replica.get('flags') === 'slave' &&
    replica.get('master-link-status') === 'ok'
  );
}

/** Names and values in turns. */
function fieldsOf(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? '']] : [])),
  );
}

function written({ host, port }: Endpoint): string {
  return `${host} ${port}`;
}
