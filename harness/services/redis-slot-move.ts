import type { SlotMove, SlotMoved } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import { openRedisConsole, sayOnce } from './redis-console.ts';

/** A node of a cluster, as one moves slots from and to it. */
interface Place {
  readonly endpoint: Endpoint;
  readonly id: string;
}

export interface Route {
  readonly source: Place;
  readonly target: Place;
  /** Everybody else, who is told at the end. */
  readonly others: readonly Place[];
}

const migrateMsMax = 5_000;
const keysPerStepDefault = 10;
const stepsMax = 100_000;

/**
 * The steps that the cluster specification gives for moving a slot by hand. A failure of `afterStep` is given back when the move is
 * complete; the promise rejects only where the nodes themselves refuse.
 */
export async function carrySlot(
  { slot, keysPerStep = keysPerStepDefault, afterStep }: SlotMove,
  { source, target, others }: Route,
): Promise<{ readonly moved: SlotMoved; readonly failure: unknown }> {
  await using here = await openRedisConsole(source.endpoint);
  await using there = await openRedisConsole(target.endpoint);
  const { host, port } = target.endpoint;
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
