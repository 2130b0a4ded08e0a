import type { Device } from '../model/population.ts';
import type { Nanoseconds } from '../model/world.ts';
import type { CameraArrival } from '../plan/arrivals.ts';
import { Camera, type CameraSurroundings } from './camera.ts';
import type { FleetLimits } from './fleet-limits.ts';
import { gate } from './gate.ts';

/** All cameras of a fleet. */
export interface CameraCrowd {
  come(arrival: CameraArrival, plannedNs: Nanoseconds): void;
  /** Nothing new from here on; each ends when what it has open was answered or is past its deadline. */
  settle(): void;
  interrupt(): void;
  /** Resolves when all of them have ended for good. */
  ended(): Promise<void>;
}

export function cameraCrowd(
  devices: readonly Device[],
  {
    limits,
    ...around
  }: Omit<CameraSurroundings, 'gate' | 'onEnded'> & { readonly limits: FleetLimits },
): CameraCrowd {
  const allEnded = Promise.withResolvers<void>();
  let left = devices.length;
  const surroundings: CameraSurroundings = {
    ...around,
    gate: gate(limits.camerasConnectingMax),
    onEnded: () => {
      left -= 1;
      if (left === 0) allEnded.resolve();
    },
  };
  if (left === 0) allEnded.resolve();
  const cameras = new Map(
    devices.map((device) => [device.deviceId, new Camera(device, surroundings)]),
  );
  return {
    come: ({ deviceId, uploads }, plannedNs) => cameras.get(deviceId)?.come(plannedNs, uploads),
    settle: () => {
      for (const camera of cameras.values()) camera.settle();
    },
    interrupt: () => {
      for (const camera of cameras.values()) camera.interrupt();
    },
    ended: () => allEnded.promise,
  };
}
