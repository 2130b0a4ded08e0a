import type { SelfAudit } from '../../reports/summary.ts';

/** What a record keeps beside its plan, for reports. */
export interface RunNotes {
  /** The command that runs the same plan again. */
  readonly replay: string;
  /** What the audit before this run saw; null when there was none. */
  readonly selfAudit: SelfAudit | null;
}
