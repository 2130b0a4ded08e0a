import { setTimeout as delay } from 'node:timers/promises';
import type { RedisConsole, StartedService } from '../model/service.ts';
import type { LoadingFault } from '../model/service-fault.ts';
import { type FaultGuard, guardOf } from './guard.ts';
import { consoleOf, information, numberIn } from './redis-settings.ts';
import type { Occasion, ServiceParts } from './service-parts.ts';

const loadedMsMax = 10_000;
const pollMs = 10;

/** The service dies with all its data on its disk, starts at once, and takes as long as the fault lasts to load it. */
export async function injectLoading(
  { cache, wire }: ServiceParts,
  { kind, forMs }: LoadingFault,
  { faultId, signal }: Occasion,
): Promise<FaultGuard> {
  // Asked before anything is broken: a service without a console cannot be told to end loading.
  await (await consoleOf(cache, kind))[Symbol.asyncDispose]();
  await cache.kill({ data: 'kept' });
  const refused = await wire.install(faultId, { type: 'refuse-connections', how: 'rst' });
  await cache.restart(signal, {
    loading: 'held',
    ...(forMs === undefined ? {} : { loadingMs: forMs }),
  });
  await wire.setUpstream(cache.endpoint);
  await refused[Symbol.asyncDispose]();
  let answered: number | undefined;
  // The death counts, as some clients ask a server whether it is loading and send nothing before it says no.
  return guardOf(
    async () => 1 + (answered ?? (await answersOf(cache, kind))),
    async () => {
      await using console = await consoleOf(cache, kind);
      await console.say('CONFIG', 'SET', 'key-load-delay', '0');
      await untilLoaded(console, cache);
      answered = await countOf(console);
    },
  );
}

async function answersOf(cache: StartedService, kind: string): Promise<number> {
  await using console = await consoleOf(cache, kind);
  return await countOf(console);
}

async function countOf(console: RedisConsole): Promise<number> {
  return numberIn(await information(console, 'errorstats'), 'errorstat_LOADING');
}

async function untilLoaded(console: RedisConsole, cache: StartedService): Promise<void> {
  const deadline = AbortSignal.timeout(loadedMsMax);
  while (numberIn(await information(console, 'persistence'), 'loading') !== 0) {
    if (deadline.aborted)
      throw new Error(
        `${cache.says} was still loading ${loadedMsMax} ms after it was told to end; its last lines were:\n${cache.logTail()}`,
      );
    await delay(pollMs);
  }
}
