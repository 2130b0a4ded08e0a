import type { Attribution, Hop, HopCount, Story } from '../model/attribution.ts';
import type { CheckedFinding, CheckName, Violation } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';
import { follow, isAboutValues } from './follow.ts';
import type { Found } from './found.ts';
import { inquire } from './needs.ts';
import { slipsOf } from './slip.ts';

/** Stories told of each hop. */
const storiesMax = 3;

/**
 * Follows every violation that is about a value back to the hop that bound it to the wrong name; docs/forensics.md says how. Pure
 * over the record: the same record and findings always get the same attribution. Reads only what the violations need, some ten
 * queries a round of questions, so the cost grows with the record and not with record times violations.
 */
export function attributionOf(
  record: RecordReader,
  findings: readonly CheckedFinding[],
): Attribution {
  const violations = violationsOf(findings);
  const founds = inquire(
    record,
    violations.map(({ violation }) => follow(violation)),
  );
  const followed = violations.map((each, index) => ({ ...each, found: founds[index] as Found }));
  return {
    hops: countedHops(founds),
    stories: storiesOf(record, followed),
    followed: violations.length,
    violations: findings.reduce((sum, finding) => sum + countOf(finding), 0),
    blindSpots: violations.length === 0 ? [] : blindSpotsOf(record),
  };
}

interface Followed {
  readonly check: CheckName;
  readonly violation: Violation;
}

function violationsOf(findings: readonly CheckedFinding[]): readonly Followed[] {
  return findings.flatMap((finding) =>
    finding.outcome === 'fail' && isAboutValues(finding.check)
      ? finding.violations.map((violation) => ({ check: finding.check, violation }))
      : [],
  );
}

function countOf(finding: CheckedFinding): number {
  return finding.outcome === 'fail' && isAboutValues(finding.check) ? finding.count : 0;
}

/** `unknown` stands last, however many there are. */
function countedHops(founds: readonly Found[]): readonly HopCount[] {
  const counts = new Map<Hop, number>();
  for (const { hop } of founds) counts.set(hop, (counts.get(hop) ?? 0) + 1);
  return [...counts]
    .map(([hop, count]) => ({ hop, count }))
    .sort(
      (one, other) =>
        Number(one.hop === 'unknown') - Number(other.hop === 'unknown') || other.count - one.count,
    );
}

function storiesOf(
  record: RecordReader,
  followed: readonly (Followed & { readonly found: Found })[],
): readonly Story[] {
  const slipOf = slipsOf(record);
  const told = Map.groupBy(followed, ({ found }) => found.hop);
  return [...told.values()].flatMap((group) =>
    // One of each check first: a picture tells more than a tenth greeting.
    varied(group)
      .slice(0, storiesMax)
      .map(({ check, violation, found }) => {
        const slip = found.astray === undefined ? null : slipOf(found.astray);
        return {
          hop: found.hop,
          check,
          says: violation.says,
          steps: [...found.steps, ...(slip?.steps ?? [])],
          diagram: slip?.diagram ?? null,
          evidence: found.evidence,
        };
      }),
  );
}

/** The first of each check, then the others. */
function varied<Item extends Followed>(items: readonly Item[]): readonly Item[] {
  const firsts = new Set(
    [...Map.groupBy(items, ({ check }) => check).values()].map(([first]) => first),
  );
  return [
    ...items.filter((item) => firsts.has(item)),
    ...items.filter((item) => !firsts.has(item)),
  ];
}

/** Taps that this record does not have. */
function blindSpotsOf(record: RecordReader): readonly string[] {
  const spots: readonly (readonly [missing: boolean, says: string])[] = [
    [
      record.count('cache_call') === 0,
      'The system under test does not say what it asked of its cache library: the library cannot be told from what is above it.',
    ],
    [
      record.count('answer') === 0,
      'The system under test does not say what it answered: it cannot be told from what is between it and the viewers.',
    ],
    [
      record.count('wire') === 0,
      'Nothing between the library and the cache was seen: the library cannot be told from the cache.',
    ],
    [
      record.count('wire') > 0 && record.count('wire', { valueDigest: { not: null } }) === 0,
      'What commands stored was not written down: a wrong write cannot be told from a wrong cache.',
    ],
  ];
  return spots.filter(([missing]) => missing).map(([, says]) => says);
}
