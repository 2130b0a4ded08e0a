import { messageOf, RecordError } from '../record/record-error.ts';
import { UsageError } from './usage-error.ts';

/**
 * Reads a record that somebody handed over. Its form was checked, but not every sense that it makes: what judging stumbles over is told
 * in one line as well, and never as a stack trace. Throws RecordError or UsageError.
 */
export function readingRecord<Result>(recordPath: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof RecordError || cause instanceof UsageError) throw cause;
    const [says = ''] = messageOf(cause).split('\n');
    throw new RecordError(
      'malformed',
      `the record ${recordPath} makes no sense, or crosswire is at fault: ${says}`,
      cause,
    );
  }
}
