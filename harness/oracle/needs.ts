import type { CheckName } from '../model/finding.ts';
import type { RecordReader } from '../record/reader.ts';

/** What a check cannot do without, of what records did not hold from the beginning. */
type Need = (record: RecordReader) => string | null;

const uploads: Need = (record) =>
  record.recorded('op', ['version']) ? null : 'which event and version a camera uploaded';

const credentials: Need = (record) =>
  record.recorded('op', ['credential']) ? null : 'what a request showed of who sends it';

const sweep: Need = (record) => (record.recorded('sweep') ? null : 'what was stored after calm');

const needs: Readonly<Partial<Record<CheckName, Need>>> = {
  fresh: uploads,
  intact: uploads,
  'right-device': uploads,
  stored: sweep,
  'fails-closed': credentials,
};

/** Why this record, made by an earlier crosswire, cannot be asked this question; null when it can. */
export function unrecordedFor(check: CheckName, record: RecordReader): string | null {
  const missing = needs[check]?.(record) ?? null;
  return missing === null
    ? null
    : `an earlier crosswire made this record, and did not write down ${missing}`;
}
