import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Population } from '../model/population.ts';
import type { ChangeRow } from '../model/rows.ts';
import { type Interval, ownershipOf } from './ownership.ts';

/* Beside a model that tries every moment at which every change may have been made, and every order of what fell together. */

const population: Population = {
  users: [],
  devices: [
    {
      deviceId: 'door',
      name: 'door',
      ownerId: 'ann',
      sharedWith: ['ben'],
      backOff: { policy: 'immediate', delayMs: 1 },
    },
  ],
};

const last = 9;
const people = ['ann', 'ben', 'cleo'] as const;

const span = fc
  .tuple(fc.integer({ min: 0, max: last }), fc.integer({ min: 0, max: 3 }))
  .map(([fromNs, more]): Interval => ({ fromNs, toNs: Math.min(last, fromNs + more) }));

const change = fc
  .record({
    kind: fc.constantFrom<ChangeRow['kind']>('share', 'unshare', 'transfer', 'remove'),
    byUserId: fc.constantFrom('ann', 'ann', 'cleo'),
    otherUserId: fc.constantFrom(...people),
    when: span,
    outcome: fc.constantFrom<ChangeRow['outcome']>('ok', 'ok', 'failed'),
  })
  .filter(({ byUserId, otherUserId, kind }) => kind === 'remove' || byUserId !== otherUserId)
  .map(
    ({ when, kind, otherUserId, byUserId, outcome }): ChangeRow => ({
      id: 1,
      deviceId: 'door',
      requestId: 'r-1',
      kind,
      byUserId,
      otherUserId: kind === 'remove' ? null : otherUserId,
      outcome,
      requestedNs: when.fromNs,
      doneNs: when.toNs,
    }),
  );

/** What holds after each effect of one possible course of events; the first one holds from the beginning. */
interface Moment {
  readonly atNs: number;
  readonly owner: string | null;
  readonly guests: ReadonlySet<string>;
  readonly removals: number;
}

/** All courses of events in which every acknowledged change was made by the owner of that moment. */
function* courses(changes: readonly ChangeRow[]): Generator<readonly Moment[]> {
  for (const times of timesOf(changes))
    for (const order of ordersOf(times)) {
      const course = courseOf(order);
      if (course !== undefined) yield course;
    }
}

type Timed = readonly { readonly change: ChangeRow; readonly atNs: number }[];

function* timesOf(
  [first, ...others]: readonly ChangeRow[],
  all = [first, ...others],
): Generator<Timed> {
  if (first === undefined) {
    yield [];
    return;
  }
  const sameAgain = all.filter(
    (other) =>
      other !== undefined &&
      other.outcome === 'ok' &&
      other.kind === first.kind &&
      other.otherUserId === first.otherUserId &&
      other.requestedNs >= first.requestedNs,
  );
  // What was asked again and acknowledged is decided: the page says so.
  const untilNs =
    first.outcome === 'ok'
      ? (first.doneNs ?? last)
      : Math.min(last, ...sameAgain.map((other) => other?.doneNs ?? last));
  for (const rest of timesOf(others, all)) {
    if (first.outcome !== 'ok') yield rest;
    for (let atNs = first.requestedNs; atNs <= untilNs; atNs += 1)
      yield [{ change: first, atNs }, ...rest];
  }
}

function* ordersOf(times: Timed): Generator<Timed> {
  if (times.length === 0) yield [];
  const first = Math.min(...times.map(({ atNs }) => atNs));
  for (const [index, each] of times.entries()) {
    if (each.atNs !== first) continue;
    for (const rest of ordersOf(times.toSpliced(index, 1))) yield [each, ...rest];
  }
}

function courseOf(order: Timed): readonly Moment[] | undefined {
  let now: Moment = { atNs: -1, owner: 'ann', guests: new Set(['ben']), removals: 0 };
  const course = [now];
  for (const { change, atNs } of order) {
    const { kind, byUserId, otherUserId, outcome } = change;
    if (now.owner !== byUserId) {
      if (outcome === 'ok') return undefined;
      continue;
    }
    const other = otherUserId ?? '';
    const guests = new Set(kind === 'transfer' || kind === 'remove' ? [] : now.guests);
    if (kind === 'share') guests.add(other);
    if (kind === 'unshare') guests.delete(other);
    now = {
      atNs,
      owner: kind === 'transfer' ? other : kind === 'remove' ? null : now.owner,
      guests,
      removals: now.removals + (kind === 'remove' ? 1 : 0),
    };
    course.push(now);
  }
  return course;
}

/** What held at some moment of the interval: what held when it began, and what came to hold within it. */
function within(course: readonly Moment[], { fromNs, toNs }: Interval): readonly Moment[] {
  const before = course.findLast(({ atNs }) => atNs < fromNs);
  const during = course.filter(({ atNs }) => atNs >= fromNs && atNs <= toNs);
  return before === undefined ? during : [before, ...during];
}

interface Question {
  readonly viewer: string;
  readonly during: Interval;
  readonly upload: Interval;
}

const watches = (course: readonly Moment[], { viewer, during }: Question): boolean =>
  within(course, during).some(({ owner, guests }) => owner === viewer || guests.has(viewer));

const sees = (course: readonly Moment[], { viewer, during, upload }: Question): boolean =>
  within(course, upload).some((filed) =>
    within(course, during).some(
      (now) =>
        now.removals === filed.removals &&
        filed.owner !== null &&
        (filed.owner === viewer || (now.owner === filed.owner && now.guests.has(viewer))),
    ),
  );

const meets = ({ requestedNs, doneNs }: ChangeRow, { fromNs, toNs }: Interval): boolean =>
  requestedNs <= toNs && fromNs <= (doneNs ?? last);

const question = fc.record({ viewer: fc.constantFrom(...people), during: span, upload: span });
const seen = { deviceId: 'door', eventId: 'event-1' };

test('whatever some course of events allows is allowed', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 3 }), question, (changes, asked) => {
      const { viewer, during, upload } = asked;
      const ownership = ownershipOf(population, changes, () => upload);
      const all = [...courses(changes)];
      const allowed = {
        watches: ownership.mayWatch(viewer, 'door', during),
        sees: ownership.maySee(viewer, seen, during),
      };
      expect({
        watches: allowed.watches || all.some((course) => watches(course, asked)),
        sees: allowed.sees || all.some((course) => sees(course, asked)),
      }).toEqual(allowed);
    }),
    { numRuns: 1_000, seed: 20_240_216 },
  );
});

test('of changes that came one after the other and were acknowledged, only what some course allows is allowed', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 3 }), question, (rows, asked) => {
      const changes = rows.map(
        (row, index): ChangeRow => ({
          ...row,
          outcome: 'ok',
          requestedNs: index * 3,
          doneNs: index * 3 + 1,
        }),
      );
      const all = [...courses(changes)];
      fc.pre(all.length > 0);
      const { viewer, during, upload } = asked;
      const ownership = ownershipOf(population, changes, () => upload);
      expect(ownership.mayWatch(viewer, 'door', during)).toBe(
        all.some((course) => watches(course, asked)),
      );
      fc.pre(upload.toNs < during.fromNs);
      // An upload that a removal met on its way may be filed after it: the page allows that, and this model does not know it.
      fc.pre(!changes.some((each) => each.kind === 'remove' && meets(each, upload)));
      expect(ownership.maySee(viewer, seen, during)).toBe(
        all.some((course) => sees(course, asked)),
      );
    }),
    { numRuns: 1_000, seed: 20_240_216 },
  );
});
