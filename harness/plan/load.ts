import type {
  CameraArrivals,
  ChangesStep,
  FloodStep,
  HangUps,
  ViewerArrivals,
} from '../model/plan.ts';

/** Every camera connects once within `overMs`, from the start of the phase. */
export function cameras(load: {
  readonly overMs: number;
  readonly uploadShare: number;
}): CameraArrivals {
  return { atMs: 0, type: 'arrivals', who: 'cameras', ...load };
}

/** People open the app at an open arrival rate: the next one comes whatever became of the last. */
export function visits({
  overMs,
  perSecond,
  hangUps,
}: {
  readonly overMs: number;
  readonly perSecond: number;
  readonly hangUps?: HangUps;
}): ViewerArrivals {
  return {
    atMs: 0,
    type: 'arrivals',
    who: 'viewers',
    overMs,
    curve: { shape: 'constant', perSecond },
    ...(hangUps === undefined ? {} : { hangUps }),
  };
}

/** What heals at the start of a phase has healed by then. */
const settleMs = 200;

/** Everybody opens the app once within `overMs`. */
export function visitsOfEveryone({ overMs }: { readonly overMs: number }): ViewerArrivals {
  return {
    atMs: settleMs,
    type: 'arrivals',
    who: 'viewers',
    overMs,
    curve: { shape: 'everyone-once' },
  };
}

/** Owners change who may see their cameras, from the start of the phase. */
export function changes(load: Omit<ChangesStep, 'type' | 'atMs'>): ChangesStep {
  return { atMs: 0, type: 'changes', ...load };
}

/** Unchecked reloads in a closed loop, at most `perSecondMax` a second. */
export function flood(load: Omit<FloodStep, 'type' | 'atMs'>): FloodStep {
  return { atMs: 0, type: 'flood', ...load };
}
