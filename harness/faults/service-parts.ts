import type { WireRule } from '../model/fault.ts';
import type { StartedService } from '../model/service.ts';
import type { Endpoint } from '../model/target.ts';
import type { FaultGuard } from './guard.ts';

/** The wire as injectors see it, wherever it runs. */
export interface WireControl {
  install(faultId: string, rule: WireRule): Promise<FaultGuard>;
  /** Where new connections go from now on. */
  setUpstream(endpoint: Endpoint): Promise<void>;
}

/** What faults of a service act on. */
export interface ServiceParts {
  readonly cache: StartedService;
  readonly wire: WireControl;
}

/** Which fault, for the wire, and until when. */
export interface Occasion {
  readonly faultId: string;
  readonly signal: AbortSignal;
}
