import type { Fault } from './fault.ts';
import type { CheckName } from './finding.ts';
import type { Population, ViewerHabits } from './population.ts';
import type { Ratio } from './world.ts';

/** A plan is data: `--dry-run` prints it, a record keeps it, shrinking deletes steps from it. Times count from the start of the run. */
export interface Plan {
  readonly format: 1;
  readonly scenario: string;
  readonly seed: number;
  readonly population: Population;
  readonly habits: ViewerHabits;
  /** A connected camera says that it is there, and is told its owner again, this often. */
  readonly heartbeatMs: number;
  /** With so many of its heartbeats a camera sends a newer version of its last event; none does when it is absent. */
  readonly renewShare?: Ratio;
  /** A shared HTTP cache between viewers and backend; they meet directly when it is absent. Cameras never pass it. */
  readonly webCache?: WebCache;
  /** Somebody without a session tries to see things, all through the run; nobody does when it is absent. */
  readonly intruder?: { readonly perSecond: number };
  /** How the cache is set up; one server alone when absent. */
  readonly cacheTopology?: CacheTopology;
  readonly steps: readonly Step[];
  readonly checks: readonly CheckName[];
  /** A request unanswered for this long has not settled; the fleet gives up on it and says so. */
  readonly requestDeadlineMs: number;
  /** When everything must have ended, counted from the start of the run. */
  readonly deadlineMs: number;
}

/** `sentinel`: a primary, a replica and three Sentinels. `cluster`: three primaries that share the slots, each behind a door of the wire. */
export type CacheTopology = 'sentinel' | 'cluster';

export interface WebCache {
  /** `url` alone is the mistake: everybody is given the answer to whoever asked first. */
  readonly keyedBy: WebCacheKey;
  /** How long an answer is given again, in whole seconds. */
  readonly freshSeconds: number;
  /** What the backend's answers say of caching; nothing when absent. */
  readonly answers?: WebCacheAnswers;
}

export type WebCacheKey = 'url' | 'url-and-session';

/**
 * `private`: no shared cache may keep it (RFC 9111, 5.2.2.7). `vary`: one may, for whoever asks with the same Authorization and
 * cookie (3.5 and 4.1). Nothing: one may not, since the question came with Authorization (3.5).
 */
export type WebCacheAnswers = 'nothing' | 'private' | 'vary';

export type PhaseName = 'warm' | 'outage' | 'herd' | 'calm' | (string & {});

export type Step =
  | PhaseStep
  | FaultOnStep
  | FaultOffStep
  | CameraArrivals
  | ViewerArrivals
  | ChangesStep
  | FloodStep;

interface At {
  readonly atMs: number;
}

export interface PhaseStep extends At {
  readonly type: 'phase';
  readonly name: PhaseName;
  readonly forMs: number;
}

export interface FaultOnStep extends At {
  readonly type: 'fault-on';
  /** Names this fault in the record, for example `kill-cache` or `cut-7`. Unique in the plan. */
  readonly faultId: string;
  readonly fault: Fault;
}

export interface FaultOffStep extends At {
  readonly type: 'fault-off';
  readonly faultId: string;
}

/** Every camera connects once within the window (one that holds a connection drops it first), and keeps coming back by its own policy. */
export interface CameraArrivals extends At {
  readonly type: 'arrivals';
  readonly who: 'cameras';
  readonly overMs: number;
  /** Share of cameras that upload an event when they are connected. */
  readonly uploadShare: number;
}

/** People open the app: either everyone once within the window, or an open arrival rate whatever the answers do. */
export interface ViewerArrivals extends At {
  readonly type: 'arrivals';
  readonly who: 'viewers';
  readonly overMs: number;
  /** Some of them hang up in the middle of a visit; nobody does when it is absent. */
  readonly hangUps?: HangUps;
  readonly curve:
    | { readonly shape: 'everyone-once' }
    | { readonly shape: 'constant'; readonly perSecond: number };
}

/** People who close the app before it has answered. The moment is drawn for each, in milliseconds after the visit began. */
export interface HangUps {
  readonly share: Ratio;
  readonly afterMsMin: number;
  readonly afterMsMax: number;
}

/** Owners share, unshare, hand over and remove cameras meanwhile; who, what and when is drawn from the seed. */
export interface ChangesStep extends At {
  readonly type: 'changes';
  readonly overMs: number;
  /** Share of all cameras that are changed meanwhile. Of few cameras it is more, in proportion to the other steps. */
  readonly share: Ratio;
}

/** Unchecked pressure beside the fleet: people who reload the app in a closed loop. Its figures stand by themselves. */
export interface FloodStep extends At {
  readonly type: 'flood';
  readonly forMs: number;
  readonly connections: number;
  readonly perSecondMax: number;
}
