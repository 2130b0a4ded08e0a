import type { Recorder } from '../model/rows.ts';
import { openPart } from '../record/part.ts';
import type { RunSettings } from './real-world.ts';

/** This process's own file of rows. Disposing writes what is buffered and closes it. */
export interface ProcessRecord extends Disposable {
  readonly recorder: Recorder;
}

const flushEveryMs = 250;

/** Opens the file and flushes it four times a second. `onFailure` is told once when it cannot be written any more. */
export function openProcessRecord(
  settings: Pick<RunSettings, 'name' | 'recordPath' | 'writer'>,
  onFailure: (error: Error) => void,
): ProcessRecord {
  const { name, recordPath: path, writer } = settings;
  const part = openPart({ path, name, writer, onFailure });
  const timer = setInterval(() => part.flush(), flushEveryMs);
  return {
    recorder: part,
    [Symbol.dispose]: () => {
      clearInterval(timer);
      part.close();
    },
  };
}
