import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { affectedCsv } from '../../reports/affected-csv.ts';
import { formats } from '../../reports/formats.ts';
import { summarise } from '../../reports/summarise.ts';
import type { ReportFile, RunSummary } from '../../reports/summary.ts';
import { attributionOf } from '../forensics/attribution.ts';
import type { Attribution } from '../model/attribution.ts';
import type { Verdict } from '../model/finding.ts';
import { affectedPeople } from '../oracle/affected.ts';
import { judge } from '../oracle/verdict.ts';
import { openRecord, type RecordReader } from '../record/reader.ts';
import { RecordError } from '../record/record-error.ts';
import { reportAssets } from './package-facts.ts';

export interface Judging {
  /** Absent when no reports are wanted. */
  readonly reports?: ReportsWanted;
  /** How many users to scale the blast radius to; absent when no fleet was named. */
  readonly fleet?: number | undefined;
  /** How violations are followed back; by `attributionOf` unless told. */
  readonly attribute?: typeof attributionOf;
}

export interface ReportsWanted {
  /** Where the reports are written. */
  readonly folder: string;
  /** Told in one line when they cannot be: the record is still there to render them from. */
  readonly say: (line: string) => void;
}

/** Judges a record without writing to it, and writes the reports when they are wanted. Throws RecordError when it cannot be read. */
export function judgeRecord(
  recordPath: string,
  { reports, fleet, attribute = attributionOf }: Judging = {},
): RunSummary {
  return withRecord(recordPath, (record) => {
    const verdict = judge(record);
    const attribution = attributed(record, verdict, attribute);
    const files = reports === undefined ? [] : reportFiles(reports.folder);
    const summary = summarise(record, { verdict, attribution, reports: files, fleet });
    if (reports === undefined || writeReports(record, summary, reports)) return summary;
    return summarise(record, { verdict, attribution, reports: [], fleet });
  });
}

/** The verdict stands also when nobody can say who is guilty: an error of the forensics is told as what they could not see. */
function attributed(
  record: RecordReader,
  { findings }: Verdict,
  attribute: typeof attributionOf,
): Attribution {
  try {
    return attribute(record, findings);
  } catch (error) {
    if (error instanceof RecordError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const violations = findings.reduce(
      (sum, finding) => sum + (finding.outcome === 'fail' ? finding.count : 0),
      0,
    );
    const says = `nothing was followed back, because of a fault of our own, please report it: ${why}`;
    return { hops: [], stories: [], followed: 0, violations, blindSpots: [says] };
  }
}

/** Writes who must be told into a file that is made or emptied before, line by line. */
export function writeAffected(record: RecordReader, filePath: string): void {
  const file = openSync(filePath, 'w');
  try {
    for (const line of affectedCsv(affectedPeople(record))) writeFileSync(file, line);
  } finally {
    closeSync(file);
  }
}

/** Opens a record for as long as `use` runs. Throws RecordError when it cannot be read. */
export function withRecord<Result>(
  recordPath: string,
  use: (record: RecordReader) => Result,
): Result {
  const scratchFolder = mkdtempSync(path.join(tmpdir(), 'crosswire-judge-'));
  try {
    using record = openRecord(recordPath, { scratchFolder });
    return use(record);
  } finally {
    rmSync(scratchFolder, { recursive: true, force: true });
  }
}

const affectedFile = 'affected.csv';

function reportFiles(folder: string): readonly ReportFile[] {
  return [
    ...formats.map(({ name, fileName }) => ({ format: name, path: path.join(folder, fileName) })),
    { format: 'csv', path: path.join(folder, affectedFile) },
  ];
}

/** All of them or none: a report that is cut off would look whole. */
function writeReports(
  record: RecordReader,
  summary: RunSummary,
  { folder, say }: ReportsWanted,
): boolean {
  const files = formats.map(({ fileName, render }) => ({
    file: path.join(folder, fileName),
    text: render(summary, reportAssets()),
  }));
  const affected = path.join(folder, affectedFile);
  try {
    for (const { file, text } of files) writeFileSync(file, text);
    writeAffected(record, affected);
    return true;
  } catch (error) {
    for (const { file } of [...files, { file: affected }]) rmSync(file, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    say(
      `the reports could not be written to ${folder} (${why}): make room, then crosswire report ${summary.record}`,
    );
    return false;
  }
}
