import type { Finding } from '../model/finding.ts';
import {
  counted,
  cutShort,
  findingOf,
  inconclusive,
  violationList,
  type WholeChecker,
} from './checker.ts';
import { foreignDevices } from './foreign.ts';

/** The oracle proves that it can see: bytes that the harness swapped on purpose must all be flagged, or nothing it says counts. */
export const canary: WholeChecker = {
  name: 'canary',
  says: 'the swaps that the harness planted for canary viewers are all seen by own-data-only',
  check: (record, known): Finding => {
    const short = cutShort(record);
    if (short !== null) return short;
    const ownership = known.ownership();
    let planted = 0;
    const missed: number[] = [];
    const strays: number[] = [];
    for (const row of record.shown({ swapped: true })) {
      planted += 1;
      if (!row.canary) strays.push(row.id);
      if (foreignDevices(row, ownership).length === 0) missed.push(row.id);
    }
    if (planted === 0)
      return inconclusive('no swap was planted, so the oracle has not shown that it can see');
    if (strays.length > 0)
      return inconclusive(
        `the harness swapped ${strays.length} pictures of viewers who are no canaries (first row of shown: ${strays[0]})`,
      );
    if (missed.length > 0)
      return inconclusive(
        `the oracle did not see ${missed.length} of ${planted} planted swaps (first row of shown: ${missed[0]})`,
      );
    return findingOf(
      planted,
      violationList(),
      `${counted(planted, 'planted swap was', 'planted swaps were')} seen`,
    );
  },
};
