import type { Ratio } from './world.ts';

/** The people and cameras of one run. Generated from the seed; written whole into the plan. */
export interface Population {
  readonly users: readonly User[];
  readonly devices: readonly Device[];
}

export interface User {
  /** For example `user-0042`. */
  readonly userId: string;
  /** What is drawn into the pictures, for example `Nadia Brandt`. */
  readonly name: string;
  /** On the lite subscription every tap plays the clip; on the standard one a tap on a sound event does. */
  readonly subscription: 'standard' | 'lite';
  /** A canary's pictures are swapped by a tap in the harness on purpose; the oracle must flag each, and leaves them out of the verdict. */
  readonly role: 'viewer' | 'canary';
}

export interface Device {
  /** For example `device-00317`. */
  readonly deviceId: string;
  /** What is drawn into the pictures, for example `Front door`. */
  readonly name: string;
  readonly ownerId: string;
  /** Users who may also see this device. */
  readonly sharedWith: readonly string[];
  readonly backOff: BackOff;
}

/** How a camera waits before it tries to connect again. Delays in milliseconds. */
export type BackOff =
  | { readonly policy: 'immediate'; readonly delayMs: number }
  | { readonly policy: 'fixed'; readonly delayMs: number }
  | { readonly policy: 'exponential'; readonly baseMs: number; readonly capMs: number }
  | { readonly policy: 'exponential-full-jitter'; readonly baseMs: number; readonly capMs: number }
  | { readonly policy: 'decorrelated-jitter'; readonly baseMs: number; readonly capMs: number };

/** How people behave once they look at the app. */
export interface ViewerHabits {
  /** Share of thumbnails that are tapped; the incident's own figure is 1,504 of 13,000. */
  readonly tapShare: Ratio;
  /** Between seeing the list and tapping. */
  readonly thinkMsMin: number;
  readonly thinkMsMax: number;
  /** Share of visits that also look at what one of the cameras sees now; none does when it is absent. */
  readonly liveShare?: Ratio;
  /** How many events one page of the Events tab holds. */
  readonly pageSize: number;
}
