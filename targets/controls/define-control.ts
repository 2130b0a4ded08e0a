import type { Hop } from '../../harness/model/attribution.ts';
import type { WireRule } from '../../harness/model/fault.ts';
import type { CheckName } from '../../harness/model/finding.ts';
import type { HangUps } from '../../harness/model/plan.ts';
import type { CacheClient, OpenOptions, Target } from '../../harness/model/target.ts';

/** Something broken on purpose, in one way. The oracle must catch it; a test says so. */
export interface Control extends Target, ControlDefinition {
  open(options: OpenOptions): Promise<CacheClient>;
}

export interface ControlDefinition {
  /** Also the file name, and the word on the command line. */
  readonly name: string;
  /** What is wrong with it, as a story that could be a bug report. */
  readonly bug: string;
  /** A public bug of this class, where one is known for sure. */
  readonly example?: string;
  /** The checks that must fail on a run with it, each of them. */
  readonly caughtBy: readonly CheckName[];
  /** Who is guilty: the first who bound a value to the wrong thing. */
  readonly hop: GuiltyHop;
  readonly trigger: Trigger;
  /** A flaw that is not the client's; `open` then gives a correct one. */
  readonly flaw?: Flaw;
  open(options: OpenOptions): Promise<CacheClient>;
}

/** Where a control can have its flaw: we are not broken on purpose. */
type GuiltyHop = Exclude<Hop, 'generator' | 'unknown'>;

/** What has to happen before the bug shows. A correct client lives through all of it. */
export interface Trigger {
  /** For people. */
  readonly says: string;
  /** In force on the wire while there is trouble; several of one kind follow each other. */
  readonly rules?: readonly WireRule[];
  /** Some viewers close the app in the middle of a visit. */
  readonly hangUps?: HangUps;
  /** How long a call may take before the client must reject it; 1,000 ms unless told. */
  readonly timeoutMs?: number;
  /** How long the cloud wants a value to be kept; ten minutes unless told. */
  readonly cacheTtlMs?: number;
  /** Stands before every key; nothing does unless told. */
  readonly keyPrefix?: string;
  /** Database 0 of the cache holds the relations of another cloud, whose devices have the names of ours and other owners. */
  readonly neighbour?: boolean;
  /**
   * Viewers come through a shared HTTP cache, which may keep lists for a second: each for its own session (`Vary: Authorization`), or
   * as they are, with the cookie that keeps a shared cache from storing them (`Set-Cookie`).
   */
  readonly webCache?: 'vary' | 'set-cookie';
  /**
   * How long viewers and cameras wait for an answer; 2,500 ms unless told. A camera that is told its owner may have asked that long
   * before, so this is how much later than a transfer it has to be told for the oracle to be sure.
   */
  readonly requestDeadlineMs?: number;
  /** Nobody comes while the cache is warmed, and many come when all is calm. */
  readonly busyCalm?: boolean;
}

/** A flaw of a part that is correct otherwise. */
export type Flaw =
  | 'http-cache-ignores-vary'
  | 'http-cache-stores-set-cookie'
  | 'backend-fails-open';

/** A control needs no library: it is built on `resp-client.ts`, which is correct when nothing is asked of it. */
export function defineControl(definition: ControlDefinition): Control {
  return { ...definition, package: '', protocol: 'resp', lacks: controlLacks };
}

const controlLacks: Target['lacks'] = [
  { ability: 'abort-signal', because: 'a control shows one bug and has nothing beyond it' },
  { ability: 'deadline', because: 'a control shows one bug and has nothing beyond it' },
  { ability: 'get-or-load', because: 'a control shows one bug and has nothing beyond it' },
];
