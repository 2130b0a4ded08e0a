import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { formats } from '../../reports/formats.ts';
import { summarise } from '../../reports/summarise.ts';
import type { RunSummary } from '../../reports/summary.ts';
import { judge } from '../oracle/verdict.ts';
import { openRecord } from '../record/reader.ts';
import { reportAssets } from './package-facts.ts';

/**
 * Judges a record without writing to it, and writes the reports into `folder` when one is given. Throws RecordError
 * when it cannot be read.
 */
export function judgeRecord(recordPath: string, folder?: string): RunSummary {
  const scratchFolder = mkdtempSync(path.join(tmpdir(), 'crosswire-judge-'));
  try {
    using record = openRecord(recordPath, { scratchFolder });
    const reports = formats.map(({ name, fileName }) => ({
      format: name,
      path: folder === undefined ? '' : path.join(folder, fileName),
    }));
    const summary = summarise(record, {
      verdict: judge(record),
      reports: folder === undefined ? [] : reports,
    });
    if (folder !== undefined) {
      for (const { fileName, render } of formats) {
        writeFileSync(path.join(folder, fileName), render(summary, reportAssets()));
      }
    }
    return summary;
  } finally {
    rmSync(scratchFolder, { recursive: true, force: true });
  }
}
