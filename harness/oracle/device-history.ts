import type { Device } from '../model/population.ts';
import type { ChangeRow } from '../model/rows.ts';
import type { Nanoseconds } from '../model/world.ts';
import type { Interval } from './ownership.ts';

/** Who possibly held which right on one device, from its first possible moment to its last, both included. */
export interface DeviceHistory {
  /** In the order in which they were asked for. */
  readonly owners: readonly Holding[];
  readonly guests: readonly (Holding & { readonly grantedBy: string })[];
  /** Acknowledged removals: each took effect at some moment of its interval. */
  readonly removals: readonly Interval[];
  /** The first moment at which the device was possibly removed. */
  readonly removedFromNs: Nanoseconds;
}

export interface Holding extends Interval {
  readonly userId: string;
}

export function overlaps(one: Interval, other: Interval): boolean {
  return one.fromNs <= other.toNs && other.fromNs <= one.toNs;
}

/** What became of one device. `changes` are those of this device that were sent, in any order. */
export function historyOf(device: Device, changes: readonly ChangeRow[]): DeviceHistory {
  const sent = changes.toSorted((one, other) => one.requestedNs - other.requestedNs);
  const made = sent.flatMap(asMade);
  const gains = [
    ...initialGains(device),
    ...sent.flatMap((change) => gainsOf(change, { sent, made })),
  ];
  const held = gains.map((gain) => {
    const { right, userId, grantedBy, fromNs } = gain;
    return { right, userId, grantedBy, fromNs, toNs: lastMoment(gain, made) };
  });
  const removals = made.filter(({ change }) => change.kind === 'remove');
  const asked = sent.find(({ kind }) => kind === 'remove');
  return {
    owners: held.filter(({ right }) => right === 'owner'),
    guests: held.filter(({ right }) => right === 'guest'),
    removals,
    removedFromNs: asked?.requestedNs ?? Number.POSITIVE_INFINITY,
  };
}

/** An acknowledged change: it took effect at some moment of the interval. */
interface Made extends Interval {
  readonly change: ChangeRow;
}

/** A right that somebody possibly came to hold, at some moment from `fromNs` to `byNs`. */
interface Gain {
  readonly right: 'owner' | 'guest';
  readonly userId: string;
  /** The owner who gave it. */
  readonly grantedBy: string;
  readonly fromNs: Nanoseconds;
  readonly byNs: Nanoseconds;
  /** It cannot be held after this, whenever it was gained. */
  readonly cappedNs: Nanoseconds;
}

function asMade(change: ChangeRow): readonly Made[] {
  const { outcome, requestedNs, doneNs } = change;
  return outcome === 'ok' && doneNs !== null ? [{ change, fromNs: requestedNs, toNs: doneNs }] : [];
}

function initialGains({ ownerId, sharedWith }: Device): readonly Gain[] {
  const always = {
    grantedBy: ownerId,
    fromNs: Number.NEGATIVE_INFINITY,
    byNs: Number.NEGATIVE_INFINITY,
    cappedNs: Number.POSITIVE_INFINITY,
  };
  return [
    { right: 'owner', userId: ownerId, ...always },
    ...sharedWith.map((userId) => ({ right: 'guest', userId, ...always }) as const),
  ];
}

interface Changes {
  readonly sent: readonly ChangeRow[];
  readonly made: readonly Made[];
}

function gainsOf(change: ChangeRow, { sent, made }: Changes): readonly Gain[] {
  const { kind, otherUserId, byUserId, requestedNs, doneNs, outcome } = change;
  if ((kind !== 'share' && kind !== 'transfer') || otherUserId === null) return [];
  const gain = {
    right: kind === 'share' ? 'guest' : 'owner',
    userId: otherUserId,
    grantedBy: byUserId,
    fromNs: requestedNs,
  } as const;
  const cappedNs = Number.POSITIVE_INFINITY;
  if (outcome === 'ok' && doneNs !== null) return [{ ...gain, byNs: doneNs, cappedNs }];
  const later = made.filter(({ fromNs }) => fromNs >= requestedNs);
  const decided = Math.min(...later.filter((each) => decides(each.change, change)).map(endOf));
  const mayBeBack = sent.some((each) => each.kind === 'transfer' && each.otherUserId === byUserId);
  const foreclosing = later.filter((each) => forecloses(each.change, change, mayBeBack));
  const capped = Math.min(...foreclosing.map(endOf));
  return [{ ...gain, byNs: Math.min(decided, capped), cappedNs: capped }];
}

const endOf = ({ toNs }: Made): Nanoseconds => toNs;

/** The same asked again and acknowledged, or what only somebody could do who had been given the device. */
function decides(made: ChangeRow, open: ChangeRow): boolean {
  const sameAgain = made.kind === open.kind && made.otherUserId === open.otherUserId;
  return sameAgain || (open.kind === 'transfer' && made.byUserId === open.otherUserId);
}

/**
 * After this the open change can take effect no more, and had no effect that lasts: who asked for it owns nothing now. Unless the
 * device may have come back to them.
 */
function forecloses(made: ChangeRow, open: ChangeRow, mayBeBack: boolean): boolean {
  if (made.kind === 'remove') return true;
  if (mayBeBack) return false;
  if (made.kind !== 'transfer' || made.byUserId !== open.byUserId) return false;
  return open.kind === 'share' || made.otherUserId !== open.otherUserId;
}

/** A change ends a right only when the right was certainly there before the change was asked for. */
function lastMoment(gain: Gain, made: readonly Made[]): Nanoseconds {
  const ends = made.filter(({ change, fromNs }) => fromNs > gain.byNs && endsRight(change, gain));
  return Math.min(gain.cappedNs, ...ends.map(endOf));
}

/** An acknowledged change by somebody else proves that somebody else owned the device. */
function endsRight({ kind, byUserId, otherUserId }: ChangeRow, gain: Gain): boolean {
  if (kind === 'remove') return true;
  if (gain.right === 'owner') {
    if (byUserId !== gain.userId) return true;
    return kind === 'transfer' && otherUserId !== gain.userId;
  }
  if (byUserId !== gain.grantedBy || kind === 'transfer') return true;
  return kind === 'unshare' && otherUserId === gain.userId;
}
