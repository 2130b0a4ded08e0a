import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterControl, Redirections } from '../model/service.ts';
import type { MoveSlotsFault } from '../model/service-fault.ts';
import { type FaultGuard, guardOf, unable } from './guard.ts';
import type { Occasion, ServiceParts } from './service-parts.ts';

/**
 * Slots that hold keys go to one node, some at a time, each of them between two nodes for a while after every step: whoever asks
 * there is sent on with ASK, and with MOVED afterwards. What acted are those redirections. Healing begins no further slot, brings
 * those that are under way to their end at once, and waits until all nodes agree.
 */
export async function injectMoveSlots(
  { cache }: ServiceParts,
  fault: MoveSlotsFault,
  { signal }: Occasion,
): Promise<FaultGuard> {
  const { cluster } = cache;
  if (cluster === undefined) throw unable(fault.kind, cache.says, 'a cluster');
  const { slotsAtOnce, to } = checked(fault, cluster);
  signal.throwIfAborted();
  const before = await cluster.redirections();
  const haste = new AbortController();
  const waiting = await slotsElsewhere(cluster, to);
  const moveOn = async (): Promise<void> => {
    for (let slot = waiting.shift(); slot !== undefined; slot = waiting.shift()) {
      if (haste.signal.aborted || signal.aborted) return;
      await moveOne(cluster, { fault, slot, to }, AbortSignal.any([haste.signal, signal]));
    }
  };
  // Each goes on by itself, and what went wrong is known when the fault is healed.
  const movers = Promise.allSettled(Array.from({ length: slotsAtOnce }, moveOn));
  let total: number | undefined;
  return guardOf(
    async () => total ?? since(before, await cluster.redirections()),
    async () => {
      haste.abort();
      const failed = (await movers).find(({ status }) => status === 'rejected');
      // Every node was told by hand, so this is short, and a run that is stopped waits for it too.
      await cluster.agreed(new AbortController().signal);
      total = since(before, await cluster.redirections());
      if (failed?.status === 'rejected') throw failed.reason;
    },
  );
}

function moveOne(
  cluster: ClusterControl,
  {
    fault,
    slot,
    to,
  }: { readonly fault: MoveSlotsFault; readonly slot: number; readonly to: number },
  haste: AbortSignal,
): Promise<unknown> {
  return cluster.moveSlot({
    slot,
    to,
    keysPerStep: fault.keysPerStep,
    afterStep: async () => {
      // An end to the waiting is no failure: the move only goes on faster.
      await delay(fault.stepMs, undefined, { signal: haste }).catch(() => undefined);
    },
  });
}

function checked(
  { kind, toNode, slotsAtOnce, keysPerStep, stepMs }: MoveSlotsFault,
  { nodes }: ClusterControl,
): { readonly slotsAtOnce: number; readonly to: number } {
  const refuse = (says: string): RangeError => new RangeError(`the fault ${kind} has ${says}`);
  if (!(Number.isInteger(toNode) && toNode >= 1 && toNode <= nodes.length))
    throw refuse(`toNode ${toNode}; nodes count from 1 to ${nodes.length}`);
  if (!(Number.isInteger(slotsAtOnce) && slotsAtOnce >= 1 && slotsAtOnce <= slotsAtOnceMax))
    throw refuse(`slotsAtOnce ${slotsAtOnce}; it is a whole number from 1 to ${slotsAtOnceMax}`);
  if (!(Number.isInteger(keysPerStep) && keysPerStep >= 1))
    throw refuse(`keysPerStep ${keysPerStep}; it is a whole number of at least 1`);
  if (!(stepMs >= 0)) throw refuse(`stepMs ${stepMs}; it is 0 or more`);
  return { slotsAtOnce, to: toNode - 1 };
}

/** Each slot that moves takes two connections to the nodes. */
const slotsAtOnceMax = 512;

/** In turns from one node and another, so that the move is felt everywhere from the first moment. */
async function slotsElsewhere(cluster: ClusterControl, to: number): Promise<number[]> {
  const sources = await Promise.all(
    cluster.nodes.map(async (_, node) => (node === to ? [] : cluster.slotsWithKeys(node))),
  );
  const longest = Math.max(...sources.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) =>
    sources.flatMap((slots) => slots.slice(index, index + 1)),
  ).flat();
}

function since(before: Redirections, now: Redirections): number {
  return now.asked - before.asked + now.moved - before.moved;
}
