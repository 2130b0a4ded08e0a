import type { Population } from '../model/population.ts';
import type { Nanoseconds } from '../model/world.ts';

/** Who may see which device, and when. A question about an interval is answered for any moment of it. */
export interface Ownership {
  /** Whether the user owned the device, or it was shared with them, at some moment of the interval. */
  maySee(userId: string, deviceId: string, during: Interval): boolean;
  /** Whether the user owned the device at some moment of the interval. */
  owned(userId: string, deviceId: string, during: Interval): boolean;
  /** Who owned the device at that moment; undefined for a device that the plan does not know. */
  ownerAt(deviceId: string, atNs: Nanoseconds): string | undefined;
}

export interface Interval {
  readonly fromNs: Nanoseconds;
  readonly toNs: Nanoseconds;
}

/** Ownership as the plan has it from the first moment to the last. */
export function ownershipOf({ devices }: Population): Ownership {
  const owners = new Map(devices.map((device) => [device.deviceId, device.ownerId]));
  const guests = new Map(devices.map((device) => [device.deviceId, new Set(device.sharedWith)]));
  const owned: Ownership['owned'] = (userId, deviceId) => owners.get(deviceId) === userId;
  return {
    owned,
    maySee: (userId, deviceId, during) =>
      owned(userId, deviceId, during) || guests.get(deviceId)?.has(userId) === true,
    ownerAt: (deviceId) => owners.get(deviceId),
  };
}
