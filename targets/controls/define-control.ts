import type { CheckName } from '../../harness/model/finding.ts';
import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';

/** A client that is broken on purpose, in one way. The oracle must catch it; a test says so. */
export interface Control extends Target {
  /** The check that must fail on a run with this client. */
  readonly caughtBy: CheckName;
  /** What is wrong with it, as a story that could be a bug report. */
  readonly bug: string;
}

export interface ControlDefinition {
  /** Also the file name, and the word behind `control:` on the command line. */
  readonly name: string;
  readonly caughtBy: CheckName;
  readonly bug: string;
  open(options: OpenOptions): Promise<CacheClient>;
}

/** A control needs no library: it is built on `resp-client.ts`, which is correct when nothing is asked of it. */
export function defineControl(definition: ControlDefinition): Control {
  return { ...definition, package: '', protocol: 'resp', lacks: controlLacks };
}

const controlLacks: Target['lacks'] = [
  { ability: 'abort-signal', because: 'a control shows one bug and has nothing beyond it' },
  { ability: 'deadline', because: 'a control shows one bug and has nothing beyond it' },
  { ability: 'get-or-load', because: 'a control shows one bug and has nothing beyond it' },
];
