import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { formats } from '../../reports/formats.ts';
import { summarise } from '../../reports/summarise.ts';
import type { RunSummary } from '../../reports/summary.ts';
import { judge } from '../oracle/verdict.ts';
import { openRecord } from '../record/reader.ts';
import { reportAssets } from './package-facts.ts';

export interface ReportsWanted {
  /** Where the reports are written. */
  readonly folder: string;
  /** Told in one line when they cannot be: the record is still there to render them from. */
  readonly say: (line: string) => void;
}

/** Judges a record without writing to it, and writes the reports when they are wanted. Throws RecordError when it cannot be read. */
export function judgeRecord(recordPath: string, wanted?: ReportsWanted): RunSummary {
  const scratchFolder = mkdtempSync(path.join(tmpdir(), 'crosswire-judge-'));
  try {
    using record = openRecord(recordPath, { scratchFolder });
    const reports =
      wanted === undefined
        ? []
        : formats.map(({ name, fileName }) => ({
            format: name,
            path: path.join(wanted.folder, fileName),
          }));
    const verdict = judge(record);
    const summary = summarise(record, { verdict, reports });
    if (wanted === undefined || writeReports(summary, wanted)) return summary;
    return summarise(record, { verdict, reports: [] });
  } finally {
    rmSync(scratchFolder, { recursive: true, force: true });
  }
}

/** All of them or none: a report that is cut off would look whole. */
function writeReports(summary: RunSummary, { folder, say }: ReportsWanted): boolean {
  const files = formats.map(({ fileName, render }) => ({
    file: path.join(folder, fileName),
    text: render(summary, reportAssets()),
  }));
  try {
    for (const { file, text } of files) writeFileSync(file, text);
    return true;
  } catch (error) {
    for (const { file } of files) rmSync(file, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    say(
      `the reports could not be written to ${folder} (${why}): make room, then crosswire report ${summary.record}`,
    );
    return false;
  }
}
