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

/** What starts later than intended by more than this is late, in milliseconds. */
export const lateMsMax = 250;
/** More than this share of arrivals late or unsent, and the load was not the plan's. */
export const lateShareMax = 0.01;

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
        viewers.arrived(row.intendedNs, row.outcome === 'unsent' ? null : row.sentNs);
      },
      finding: () => findingFor(viewers.sum(), camerasIn(record)),
    };
  },
};

function findingFor(viewers: Punctuality, cameras: Punctuality): Finding {
  const arrivals = viewers.arrivals + cameras.arrivals;
  if (arrivals === 0) return inconclusive('nothing was to be sent, so nothing was examined');
  const wrong = [viewers, cameras].reduce((sum, { late, unsent }) => sum + late + unsent, 0);
  const says = `${percent(wrong, arrivals)} of ${counted(arrivals, 'arrival', 'arrivals')} late by more than ${lateMsMax} ms or unsent: ${told('requests', viewers)}; ${told('cameras', cameras)}`;
  if (wrong / arrivals > lateShareMax)
    return inconclusive(`the generator did not keep up: ${says}`);
  return findingOf(arrivals, violationList(), says);
}

interface Punctuality {
  readonly arrivals: number;
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
      if (lateMs > lateMsMax) late += 1;
    },
    sum: () => ({ arrivals, late, unsent, lateMsMost }),
  };
}

function camerasIn(record: RecordReader): Punctuality {
  const cameras = punctuality();
  for (const { plannedNs, startedNs } of record.rows('camera', ['plannedNs', 'startedNs']))
    cameras.arrived(plannedNs, startedNs);
  return cameras.sum();
}
