import type { Device } from '../model/population.ts';
import type { PlannedChange } from '../plan/changes.ts';

/** What the fleet knows of who owns which camera: pictures name the owner of the moment. */
export interface Rights {
  ownerOf(device: Device): string;
  /** While nobody can say who the owner is, a camera records nothing. */
  isChanging(deviceId: string): boolean;
  /** Whether its owner has asked for it to be removed. */
  mayBeRemoved(deviceId: string): boolean;
  begin(change: PlannedChange): void;
  end(change: PlannedChange, made: boolean): void;
}

export function rightsBook(): Rights {
  const owners = new Map<string, string>();
  const changing = new Set<string>();
  const removed = new Set<string>();
  return {
    ownerOf: ({ deviceId, ownerId }) => owners.get(deviceId) ?? ownerId,
    isChanging: (deviceId) => changing.has(deviceId),
    mayBeRemoved: (deviceId) => removed.has(deviceId),
    begin: ({ kind, deviceId }) => {
      if (kind === 'transfer' || kind === 'remove') changing.add(deviceId);
      if (kind === 'remove') removed.add(deviceId);
    },
    end: ({ kind, deviceId, otherUserId }, made) => {
      changing.delete(deviceId);
      if (made && kind === 'transfer' && otherUserId !== null) owners.set(deviceId, otherUserId);
    },
  };
}
