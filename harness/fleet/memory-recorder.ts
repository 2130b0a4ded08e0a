import type {
  CameraRow,
  ChangeRow,
  EvidenceRow,
  OpRow,
  Recorder,
  RecordTable,
  ShownRow,
  ToldRow,
} from '../model/rows.ts';

/** What a fleet wrote down, for tests. */
export interface Written {
  readonly op: OpRow[];
  readonly shown: ShownRow[];
  readonly evidence: EvidenceRow[];
  readonly camera: CameraRow[];
  readonly told: ToldRow[];
  readonly change: ChangeRow[];
}

/** A recorder that keeps a fleet's rows in memory, and refuses those of other rooms. */
export function memoryRecorder(): { readonly recorder: Recorder; readonly written: Written } {
  const written: Written = { op: [], shown: [], evidence: [], camera: [], told: [], change: [] };
  const ids = new Map<RecordTable, number>();
  const foreign = (): never => {
    throw new Error('a fleet wrote a row of another room');
  };
  const recorder: Recorder = {
    nextId: (table) => {
      const id = (ids.get(table) ?? 0) + 1;
      ids.set(table, id);
      return id;
    },
    op: (row) => void written.op.push(row),
    shown: (row) => void written.shown.push(row),
    evidence: (row) => void written.evidence.push(row),
    camera: (row) => void written.camera.push(row),
    told: (row) => void written.told.push(row),
    change: (row) => void written.change.push(row),
    answer: foreign,
    sweep: foreign,
    cacheCall: foreign,
    origin: foreign,
    wire: foreign,
    wireConnection: foreign,
    phase: foreign,
    fault: foreign,
    flood: foreign,
  };
  return { recorder, written };
}
