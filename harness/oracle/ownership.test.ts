import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Population } from '../model/population.ts';
import type { ChangeRow, OpOutcome } from '../model/rows.ts';
import { type Interval, ownershipOf } from './ownership.ts';

/* Walks through the table of docs/oracle.md. */

const page = readFileSync(new URL('../../docs/oracle.md', import.meta.url), 'utf8');
const cases = page
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => cells[4] === 'yes' || cells[4] === 'no')
  .map(([, changes = '', uploaded = '', looks = '', may = '', because = '']) => ({
    changes,
    uploaded,
    looks,
    may,
    because,
  }));

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

/** `8..10`, or `8..` without an end. */
function intervalOf(text: string): Interval {
  const [, from, to] = /^(\d+)\.\.(\d*)$/u.exec(text) ?? [];
  if (from === undefined || to === undefined) throw new Error(`${text} is no interval`);
  return { fromNs: Number(from), toNs: to === '' ? Number.POSITIVE_INFINITY : Number(to) };
}

/** `share cleo by ann 10..20 ok`. */
function changeOf(text: string, id: number): ChangeRow {
  const [, kind, other, by, when, outcome] =
    /^(share|unshare|transfer|remove)(?: (\w+))? by (\w+) (\S+) (\w+)$/u.exec(text) ?? [];
  if (kind === undefined || by === undefined || when === undefined)
    throw new Error(`${text} is no change`);
  const { fromNs, toNs } = intervalOf(when);
  return {
    id,
    kind: kind as ChangeRow['kind'],
    deviceId: 'door',
    byUserId: by,
    otherUserId: other ?? null,
    requestId: `r-${id}`,
    requestedNs: fromNs,
    doneNs: outcome === 'expired' ? null : toNs,
    outcome: outcome as OpOutcome,
  };
}

test('the page has its cases', () => {
  expect(cases.length).toBeGreaterThanOrEqual(40);
});

test.each(cases)('$changes, uploaded $uploaded: $looks: $may, $because', (boundary) => {
  const { changes, uploaded, looks, may } = boundary;
  const rows = changes === 'none' ? [] : changes.split('; ').map(changeOf);
  const isUploaded = uploaded !== 'live' && uploaded !== '?';
  const ownership = ownershipOf(population, rows, () =>
    isUploaded ? intervalOf(uploaded) : undefined,
  );
  const [viewer = '', when = ''] = looks.split(' ');
  const during = intervalOf(when);
  const seen = { deviceId: 'door', eventId: 'event-1' };
  const allowed =
    uploaded === 'live'
      ? ownership.mayWatch(viewer, 'door', during)
      : ownership.maySee(viewer, seen, during);
  expect(allowed).toBe(may === 'yes');
});
