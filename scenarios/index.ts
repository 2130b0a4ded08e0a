import type { Scenario } from '../harness/model/scenario.ts';
import { cacheOutage } from './cache-outage.ts';

/** Every scenario by its name. A new one is a file beside this one and a line here. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [cacheOutage].map((scenario) => [scenario.name, scenario]),
);
