import type { Finding } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import {
  counted,
  findingOf,
  inconclusive,
  percent,
  type RowChecker,
  violationList,
} from './checker.ts';

/** What starts later than intended by more than this is late, in milliseconds. A busy machine stands still for a second now and then. */
const lateMsMax = 2_000;
/** What starts later than this is only told. */
const hiccupMs = 250;
/** More than this share of arrivals late or unsent, and the load was not the plan's. */
const lateShareMax = 0.01;

/** Whether the generator kept up. What it could not send is its own trouble and nobody's failure: never a fail. */
export const onSchedule: RowChecker = {
  name: 'on-schedule',
  says: 'the generator sent what the plan wanted when the plan wanted it',
  begin: ({ record }) => {
    const viewers = punctuality();
    return {
      op: (row) => {
        // An upload is sent when its camera is told its owner: it intends nothing of its own.
        if (row.actorKind !== 'viewer') return;
        if (row.outcome !== 'unsent') viewers.arrived(row.intendedNs, row.sentNs);
      },
      finding: () => {
        const { unsent, waiting } = unsentIn(record);
        for (let count = 0; count < unsent; count += 1) viewers.arrived(0, null);
        return findingFor(viewers.sum(), camerasIn(record), waiting);
      },
    };
  },
};

function findingFor(viewers: Punctuality, cameras: Punctuality, waiting: number): Finding {
  const arrivals = viewers.arrivals + cameras.arrivals;
  if (arrivals === 0) return inconclusive('nothing was to be sent, so nothing was examined');
  const wrong = [viewers, cameras].reduce((sum, { late, unsent }) => sum + late + unsent, 0);
  const says = `${percent(wrong, arrivals)} of ${counted(arrivals, 'arrival', 'arrivals')} late by more than ${lateMsMax} ms or unsent: ${told('requests', viewers)}; ${told('cameras', cameras)}; ${percent(viewers.hiccups + cameras.hiccups, arrivals)} by more than ${hiccupMs} ms${waiting === 0 ? '' : `; ${counted(waiting, 'visit', 'visits')} not begun by people who still waited`}`;
  if (wrong / arrivals > lateShareMax)
    return inconclusive(`the generator did not keep up: ${says}`);
  return findingOf(arrivals, violationList(), says);
}

interface Punctuality {
  readonly arrivals: number;
  /** Later than is only told, the late ones included. */
  readonly hiccups: number;
  readonly late: number;
  readonly unsent: number;
  readonly lateMsMost: number;
}

function told(who: string, { arrivals, late, unsent, lateMsMost }: Punctuality): string {
  return `of ${counted(arrivals, who.slice(0, -1), who)} ${late} late (most ${Math.round(lateMsMost)} ms), ${unsent} unsent`;
}

function punctuality(): {
  arrived(intendedNs: number, sentNs: number | null): void;
  sum(): Punctuality;
} {
  let arrivals = 0;
  let hiccups = 0;
  let late = 0;
  let unsent = 0;
  let lateMsMost = 0;
  return {
    arrived: (intendedNs, sentNs) => {
      arrivals += 1;
      if (sentNs === null) {
        unsent += 1;
        return;
      }
      const lateMs = (sentNs - intendedNs) / 1e6;
      lateMsMost = Math.max(lateMsMost, lateMs);
      if (lateMs > hiccupMs) hiccups += 1;
      if (lateMs > lateMsMax) late += 1;
    },
    sum: () => ({ arrivals, hiccups, late, unsent, lateMsMost }),
  };
}

function camerasIn(record: RecordReader): Punctuality {
  const cameras = punctuality();
  for (const { plannedNs, startedNs } of record.rows('camera', ['plannedNs', 'startedNs']))
    cameras.arrived(plannedNs, startedNs);
  return cameras.sum();
}

/**
 * What the generator had no room for, and what was not begun because the same person's earlier visits were still open: that is how
 * long the system under test took, and no trouble of the generator's.
 */
function unsentIn(record: RecordReader): { readonly unsent: number; readonly waiting: number } {
  let unsent = 0;
  let waiting = 0;
  const where = { actorKind: 'viewer', canary: false, outcome: 'unsent' } as const;
  for (const { error } of record.rows('op', ['error'], where)) {
    if (error?.endsWith('visits of this viewer are still open') === true) waiting += 1;
    else unsent += 1;
  }
  return { unsent, waiting };
}
