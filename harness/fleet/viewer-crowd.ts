import type { Duplex } from 'node:stream';
import type { User } from '../model/population.ts';
import type { Nanoseconds } from '../model/world.ts';
import type { PlannedChange } from '../plan/changes.ts';
import type { ChangeEnd } from './change-request.ts';
import type { FleetLimits } from './fleet-limits.ts';
import { type ViewerSurroundings, viewer } from './viewer.ts';
import { viewerConnection } from './viewer-client.ts';

/** All viewers of a fleet. */
export interface ViewerCrowd {
  visit(userId: string, plannedNs: Nanoseconds, hangUpAfterMs?: number): void;
  /** Somebody looks whether they still may, or already may, see that device. */
  lookAgain(userId: string, deviceId: string): void;
  /** The owner asks for the change. Undefined when it could not be asked for. */
  change(change: PlannedChange, plannedNs: Nanoseconds): Promise<ChangeEnd | undefined>;
  /** No new visits and taps; resolves when the visits that were going on are over and a canary was shown a stranger's picture. */
  settle(): Promise<void>;
  interrupt(): void;
  /** Resolves when no visit is going on any more. */
  ended(): Promise<void>;
}

export interface ViewerCrowdOptions
  extends Omit<
    ViewerSurroundings,
    'openConnection' | 'visitsPerViewerMax' | 'hasRoom' | 'onOpenRequests'
  > {
  readonly limits: FleetLimits;
  readonly connect: () => Duplex;
  readonly authority: string;
  readonly onFailure: (error: unknown) => void;
}

export function viewerCrowd(users: readonly User[], options: ViewerCrowdOptions): ViewerCrowd {
  const { clock, connect, authority, gallery, limits } = options;
  let openRequests = 0;
  const surroundings: ViewerSurroundings = {
    ...options,
    openConnection: () => viewerConnection({ connect, clock, authority }),
    visitsPerViewerMax: limits.visitsPerViewerMax,
    hasRoom: () => openRequests < limits.viewerRequestsMax,
    onOpenRequests: (change) => {
      openRequests += change;
    },
  };
  const viewers = new Map(users.map((user) => [user.userId, viewer(user, surroundings)]));
  const canaries = users.filter(({ role }) => role === 'canary');
  const canariesSeen = new Set<User>();
  const open = new Set<Promise<void>>();

  const follow = (visiting: Promise<void> | undefined): void => {
    const going = visiting?.catch(options.onFailure);
    if (going === undefined) return;
    open.add(going);
    void going.finally(() => open.delete(going));
  };
  const visit = (userId: string, plannedNs: Nanoseconds, hangUpAfterMs?: number): void => {
    const canary = canaries.find((user) => user.userId === userId);
    if (canary !== undefined) canariesSeen.add(canary);
    follow(viewers.get(userId)?.visit(plannedNs, hangUpAfterMs));
  };
  const ended = async (): Promise<void> => {
    await Promise.all(open);
  };
  const settleAll = (isSettled: (user: User) => boolean): void => {
    for (const user of users) if (isSettled(user)) viewers.get(user.userId)?.settle();
  };
  /** When canaries came and there never was a stranger's picture to swap in, one comes once more now that there is. */
  const canaryLeftOver = (): User | undefined =>
    gallery.swaps > 0
      ? undefined
      : [...canariesSeen].find((canary) => gallery.hasStrangerFor(canary));

  return {
    visit,
    ended,
    lookAgain: (userId, deviceId) => follow(viewers.get(userId)?.lookAgain(deviceId)),
    change: async (change, plannedNs) => viewers.get(change.byUserId)?.change(change, plannedNs),
    settle: async () => {
      settleAll(({ role }) => role !== 'canary');
      await ended();
      const canary = canaryLeftOver();
      if (canary !== undefined) visit(canary.userId, clock.nowNs());
      settleAll(({ role }) => role === 'canary');
      await ended();
    },
    interrupt: () => {
      for (const each of viewers.values()) each.interrupt();
    },
  };
}
