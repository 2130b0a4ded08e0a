import type { Finding } from '../model/finding.ts';
import { findingOf, inconclusive, violationList, type WholeChecker } from './checker.ts';

/** What is missing from a record cannot be judged, so one that is not complete never passes. */
export const wholeRecord: WholeChecker = {
  name: 'whole-record',
  says: 'the run came to its end and every process wrote down all that it saw',
  check: (record): Finding => {
    const { state, reason } = record.run();
    if (state === 'complete') return findingOf(1, violationList(), 'the record is complete');
    const why = reason === '' ? 'it was cut short' : reason;
    const parts = record.partsBeside();
    const beside =
      parts.length === 0
        ? ''
        : `; what its writers left beside it (${parts.join(', ')}) was never joined and is not judged`;
    return inconclusive(`the record is ${state}, not complete: ${why}${beside}`);
  },
};
