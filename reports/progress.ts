import { counted, seconds, thousands } from './numbers.ts';
import { columnsOf, plain, shortened } from './plain-text.ts';

/** What is known while a run goes on. Times in milliseconds from its start. */
export interface Progress {
  /** The phases of the plan, in order. */
  readonly phases: readonly {
    readonly name: string;
    readonly fromMs: number;
    readonly forMs: number;
  }[];
  readonly elapsedMs: number;
  readonly camerasConnected: number;
  readonly cameras: number;
  /** Pictures and list entries given to viewers so far. */
  readonly reads: number;
}

/**
 * One line of at most 80 columns for a terminal that can rewrite it: the phases as they pass, the present one with a bar, time left
 * and the population. Without line end; the caller clears the line before it.
 */
export function progressLine(progress: Progress, options: { readonly colour: boolean }): string {
  const { phases, elapsedMs } = progress;
  const endMs = Math.max(0, ...phases.map(({ fromMs, forMs }) => fromMs + forMs));
  const figures = `${thousands(progress.camerasConnected)}/${thousands(progress.cameras)} cameras, ${counted(progress.reads, 'read')}`;
  const left = elapsedMs < endMs ? `${seconds(endMs - elapsedMs)} left` : 'finishing';
  const tail = `  ${left}, ${figures}`;
  const words = shortened(
    phases.map((phase) => phaseWords(phase, elapsedMs)).join('  '),
    COLUMNS_MAX - Math.min(columnsOf(tail), COLUMNS_MAX),
  );
  const dimmed = options.colour ? `\u001B[2m${tail}\u001B[0m` : tail;
  return columnsOf(words + tail) <= COLUMNS_MAX
    ? words + dimmed
    : shortened(words + tail, COLUMNS_MAX);
}

/** One line for output that cannot be rewritten, printed when a phase begins: `12.0 s  outage begins, for 6.0 s`. */
export function phaseLine(phase: {
  readonly name: string;
  readonly fromMs: number;
  readonly forMs: number;
}): string {
  const at = seconds(phase.fromMs).padStart(AT_COLUMNS);
  return shortened(`${at}  ${plain(phase.name)} begins, for ${seconds(phase.forMs)}`, COLUMNS_MAX);
}

const COLUMNS_MAX = 80;
const AT_COLUMNS = 8;
const BAR_COLUMNS = 10;

function phaseWords(phase: Progress['phases'][number], elapsedMs: number): string {
  const name = plain(phase.name);
  if (elapsedMs < phase.fromMs) return name;
  const done = phase.forMs <= 0 ? 1 : (elapsedMs - phase.fromMs) / phase.forMs;
  if (done >= 1) return `${name} done`;
  const filled = Math.floor(done * BAR_COLUMNS);
  return `${name} [${'#'.repeat(filled)}${'.'.repeat(BAR_COLUMNS - filled)}]`;
}
