import { setTimeout as delay } from 'node:timers/promises';
import type { StartedService } from '../model/service.ts';
import type { PauseFault, StarveFault } from '../model/service-fault.ts';
import { type FaultGuard, guardOf, unable } from './guard.ts';
import type { Occasion, ServiceParts } from './service-parts.ts';

const periodMsMin = 20;

/** SIGSTOP until healed. What asks it meanwhile waits, and is answered late or gives up. */
export async function injectPause(
  { cache }: ServiceParts,
  { kind }: PauseFault,
  { signal }: Occasion,
): Promise<FaultGuard> {
  const { pause, resume } = pausable(cache, kind);
  signal.throwIfAborted();
  await pause();
  return guardOf(() => 1, resume);
}

/** Stops and continues it in turns until healed, as a scheduler does that has too much to do. */
export async function injectStarve(
  { cache }: ServiceParts,
  { kind, runShare, periodMs }: StarveFault,
  { signal }: Occasion,
): Promise<FaultGuard> {
  const { pause, resume } = pausable(cache, kind);
  if (!(runShare > 0 && runShare < 1))
    throw new RangeError(
      `the fault ${kind} has runShare ${runShare}; it is more than 0 and less than 1`,
    );
  if (!(periodMs >= periodMsMin))
    throw new RangeError(
      `the fault ${kind} has periodMs ${periodMs}; it is ${periodMsMin} at least`,
    );
  signal.throwIfAborted();
  let pauses = 0;
  const healed = new AbortController();
  const starve = async (): Promise<void> => {
    try {
      while (!healed.signal.aborted) {
        await pause();
        pauses += 1;
        await delay(periodMs * (1 - runShare), undefined, { signal: healed.signal });
        await resume();
        await delay(periodMs * runShare, undefined, { signal: healed.signal });
      }
    } catch (error) {
      // A service that was killed meanwhile cannot be stopped any more; starving it is over, and its death is told elsewhere.
      if (!healed.signal.aborted) healed.abort(error);
    }
  };
  const starving = starve();
  return guardOf(
    () => pauses,
    async () => {
      healed.abort();
      await starving;
      await resume();
    },
  );
}

function pausable(
  { pause, resume, says }: StartedService,
  kind: string,
): { readonly pause: () => Promise<void>; readonly resume: () => Promise<void> } {
  if (pause !== undefined && resume !== undefined) return { pause, resume };
  throw unable(kind, says, 'a service whose process is ours to stop');
}
