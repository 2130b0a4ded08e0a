import type { LeakCounts, LeakKind, Verdict } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import { type Leak, leaksOf } from './leaks.ts';

/**
 * How many wrong things were given to people and cameras, by the place at which the cloud went wrong: what a mitigation guards
 * decides which of them it can stop.
 */
export function leakKindsOf(record: RecordReader, { findings }: Verdict): LeakCounts {
  const counts = { 'shared-cache': 0, session: 0, list: 0, picture: 0, live: 0, owner: 0 };
  for (const leak of leaksOf(record)) counts[kindOf(leak)] += 1;
  const mapping = findings.find(({ check }) => check === 'mapping');
  const told = mapping?.outcome === 'fail' ? mapping.violations : [];
  counts.owner = told.filter(({ evidence }) =>
    evidence.some(({ table }) => table === 'camera' || table === 'told'),
  ).length;
  return counts;
}

function kindOf({ row, op }: Leak): Exclude<LeakKind, 'owner'> {
  if (op?.webCache?.toLowerCase().includes('hit') === true) return 'shared-cache';
  const told = op?.toldUserId ?? null;
  const isMixedUp = told !== null && told !== row.viewerId;
  switch (row.surface) {
    case 'live':
      return 'live';
    case 'list':
      return isMixedUp ? 'session' : 'list';
    case 'thumbnail':
    case 'enlarge':
    case 'clip':
      return isMixedUp ? 'session' : 'picture';
    default:
      return row.surface satisfies never;
  }
}
