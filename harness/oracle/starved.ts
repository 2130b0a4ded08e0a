import type { CheckedFinding, CheckName } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';

/** What a machine without time to spare brings about by itself. Safety is no such thing: a stranger's picture is one whenever it comes. */
const aboutTime: ReadonlySet<CheckName> = new Set([
  'settles',
  'comes-back',
  'served',
  'origin-load',
]);

/** A process of the run that waited for a processor for more than this share of calm had no fair chance. */
export const waitShareMax = 0.4;

/**
 * A failed check of time is inconclusive when the machine kept the run waiting all through calm: what did not happen in time may have
 * been the machine's doing and not the target's. What passed all the same passed.
 */
export function unlessStarved(record: RecordReader): (finding: CheckedFinding) => CheckedFinding {
  const reason = starvation(record.run().environment);
  return (finding) =>
    reason === null || finding.outcome !== 'fail' || !aboutTime.has(finding.check)
      ? finding
      : { check: finding.check, outcome: 'inconclusive', reason: `${reason}; ${finding.says}` };
}

/** Why nothing about time can be told from this run, or null. */
function starvation(environment: string): string | null {
  const worst = Object.entries(waitsIn(environment))
    .filter((wait): wait is [string, number] => typeof wait[1] === 'number')
    .reduce<readonly [string, number]>((most, wait) => (wait[1] > most[1] ? wait : most), ['', 0]);
  const [name, share] = worst;
  if (share <= waitShareMax) return null;
  return `the machine had no processor to spare: in calm the ${name} process waited for one ${Math.round(share * 100)} % of the time`;
}

function waitsIn(environment: string): object {
  try {
    const parsed: unknown = JSON.parse(environment);
    const waits =
      typeof parsed === 'object' && parsed !== null && 'waitedForProcessor' in parsed
        ? parsed.waitedForProcessor
        : undefined;
    return typeof waits === 'object' && waits !== null ? waits : {};
  } catch {
    return {};
  }
}
