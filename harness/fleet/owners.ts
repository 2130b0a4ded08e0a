import type { Population } from '../model/population.ts';
import type { Clock } from '../model/world.ts';
import type { PlannedChange } from '../plan/changes.ts';
import type { Agenda } from './agenda.ts';
import type { ChangeEnd } from './change-request.ts';
import type { Rights } from './rights.ts';
import type { ViewerCrowd } from './viewer-crowd.ts';

/** Owners who change who may see their cameras, and those whom it concerns. */
export interface Owners {
  change(change: PlannedChange): void;
  /** Nobody tries again from here on. */
  settle(): void;
  /** Resolves when nobody is at it any more. */
  ended(): Promise<void>;
}

export interface OwnersOptions {
  readonly population: Population;
  readonly viewers: Pick<ViewerCrowd, 'change' | 'lookAgain'>;
  readonly rights: Rights;
  readonly agenda: Agenda;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** Whom it concerns looks so long before the change, so that there is something in the caches that it makes stale. */
const lookBeforeMs = 300;
/** And so long after it was acknowledged: at once, and when what was late may have arrived. */
const looksAfterMs = [0, 400, 1_500] as const;
/** An owner who got no clear answer tries again so often. */
const triesMax = 6;
const betweenTriesMs = 1_000;

export function owners(options: OwnersOptions): Owners {
  const { population, viewers, rights, agenda, clock, onFailure } = options;
  const guests = new Map(population.devices.map((each) => [each.deviceId, each.sharedWith]));
  const open = new Set<Promise<void>>();
  let settling = false;

  const rest = async (milliseconds: number): Promise<boolean> =>
    agenda.sleepUntil(Math.round(clock.nowNs() + milliseconds * 1e6));
  const everybodyLooks = (change: PlannedChange): void => {
    const { byUserId, otherUserId, deviceId } = change;
    const concerned = new Set([byUserId, otherUserId, ...(guests.get(deviceId) ?? [])]);
    for (const userId of concerned) if (userId !== null) viewers.lookAgain(userId, deviceId);
  };
  /** Whether it was certainly made. */
  const make = async (change: PlannedChange): Promise<boolean> => {
    let isUnclear = false;
    for (let tries = 0; tries < triesMax; tries += 1) {
      const end = await viewers.change(change, clock.nowNs());
      if (end?.outcome === 'ok') return true;
      if (end !== undefined && isFinal(end)) return isUnclear && wasMadeBefore(change, end);
      isUnclear ||= end !== undefined;
      if (settling || !(await rest(betweenTriesMs)) || settling) return false;
    }
    return false;
  };
  const carryOut = async (change: PlannedChange): Promise<void> => {
    everybodyLooks(change);
    if (!(await rest(lookBeforeMs)) || settling) return;
    rights.begin(change);
    let made = false;
    try {
      made = await make(change);
    } finally {
      rights.end(change, made);
    }
    if (!made) return;
    let sinceMs = 0;
    for (const afterMs of looksAfterMs) {
      if (afterMs > sinceMs && !(await rest(afterMs - sinceMs))) return;
      sinceMs = afterMs;
      if (settling) return;
      everybodyLooks(change);
    }
  };

  return {
    change: (change) => {
      if (settling) return;
      const going = carryOut(change)
        .catch(onFailure)
        .finally(() => open.delete(going));
      open.add(going);
    },
    settle: () => {
      settling = true;
    },
    ended: async () => {
      await Promise.all(open);
    },
  };
}

/** The backend understood, and will say the same again. */
function isFinal({ outcome, status }: ChangeEnd): boolean {
  return outcome === 'refused' && status !== null && status >= 400 && status < 500;
}

/** Who may not hand over or remove a device any more has done it: nobody else changes it. */
function wasMadeBefore({ kind }: PlannedChange, { status }: ChangeEnd): boolean {
  return (kind === 'transfer' && status === 403) || (kind === 'remove' && status === 404);
}
