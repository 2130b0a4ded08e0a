import type { RedisConsole } from '../model/service.ts';
import type { ConnectionLimitFault, MemoryLimitFault } from '../model/service-fault.ts';
import { type FaultGuard, guardOf } from './guard.ts';
import { changeSetting, consoleOf, information, numberIn } from './redis-settings.ts';
import type { Occasion, ServiceParts } from './service-parts.ts';

/** Lowers `maxmemory`; what acted are the keys that were evicted and the writes that were refused. */
export async function injectMemoryLimit(
  { cache }: ServiceParts,
  { kind, shareOfUsed, eviction }: MemoryLimitFault,
  { signal }: Occasion,
): Promise<FaultGuard> {
  if (!(shareOfUsed > 0))
    throw new RangeError(`the fault ${kind} has shareOfUsed ${shareOfUsed}; it is more than 0`);
  signal.throwIfAborted();
  return whileConsole(await consoleOf(cache, kind), {
    count: async (console) =>
      numberIn(await information(console, 'stats'), 'evicted_keys') +
      numberIn(await information(console, 'errorstats'), 'errorstat_OOM'),
    settings: async (console) => {
      const memory = await information(console, 'memory');
      const bare = numberIn(memory, 'used_memory_startup');
      const used = numberIn(memory, 'used_memory') - bare;
      return {
        'maxmemory-policy': eviction,
        maxmemory: String(Math.ceil(bare + shareOfUsed * used)),
      };
    },
  });
}

/** Lowers `maxclients` and ends every connection but our own; what acted are the connections that were refused. */
export async function injectConnectionLimit(
  { cache }: ServiceParts,
  { kind, connectionsMax }: ConnectionLimitFault,
  { signal }: Occasion,
): Promise<FaultGuard> {
  if (!(connectionsMax >= 0))
    throw new RangeError(`the fault ${kind} has connectionsMax ${connectionsMax}; it is 0 or more`);
  signal.throwIfAborted();
  return whileConsole(await consoleOf(cache, kind), {
    count: async (console) => numberIn(await information(console, 'stats'), 'rejected_connections'),
    // One more, for the console, which stays: a service that refuses everybody could not be healed.
    settings: async () => ({ maxclients: String(connectionsMax + 1) }),
    begun: async (console) => {
      await console.say('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    },
  });
}

interface SettingsFault {
  /** How often such a fault acted since the service started. */
  readonly count: (console: RedisConsole) => Promise<number>;
  /** What to set, by name. */
  readonly settings: (console: RedisConsole) => Promise<Readonly<Record<string, string>>>;
  /** Called when that is set. */
  readonly begun?: (console: RedisConsole) => Promise<void>;
}

/** Keeps one console from the beginning of a fault to its end, so that it can be healed whatever it does to newcomers. */
async function whileConsole(
  console: RedisConsole,
  { count, settings, begun }: SettingsFault,
): Promise<FaultGuard> {
  const old = new Map<string, string>();
  const restore = async (): Promise<void> => {
    for (const [name, value] of old) await console.say('CONFIG', 'SET', name, value);
  };
  try {
    const before = await count(console);
    for (const [name, value] of Object.entries(await settings(console)))
      old.set(name, await changeSetting(console, name, value));
    await begun?.(console);
    let total: number | undefined;
    return guardOf(
      async () => total ?? (await count(console)) - before,
      async () => {
        await using closing = console;
        await restore();
        total = (await count(closing)) - before;
      },
    );
  } catch (error) {
    await using _closing = console;
    await restore().catch(() => undefined);
    throw error;
  }
}
