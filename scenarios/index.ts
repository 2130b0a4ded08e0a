import type { Scenario } from '../harness/model/scenario.ts';
import { cacheBrownout } from './cache-brownout.ts';
import { cacheOutage } from './cache-outage.ts';
import { cachePause } from './cache-pause.ts';
import { cancelledRequests } from './cancelled-requests.ts';
import { connectionLimit } from './connection-limit.ts';
import { evictionStorm } from './eviction-storm.ts';
import { failover } from './failover.ts';
import { flapping } from './flapping.ts';
import { lateHandshake } from './late-handshake.ts';
import { lateReplies } from './late-replies.ts';
import { loading } from './loading.ts';
import { midPipelineCut } from './mid-pipeline-cut.ts';
import { reshard } from './reshard.ts';
import { splitReplies } from './split-replies.ts';
import { webCacheMixup } from './web-cache-mixup.ts';

/** Every scenario by its name. A new one is a file beside this one and a line here. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [
    cacheOutage,
    midPipelineCut,
    lateReplies,
    lateHandshake,
    cancelledRequests,
    cacheBrownout,
    cachePause,
    flapping,
    failover,
    reshard,
    loading,
    evictionStorm,
    connectionLimit,
    splitReplies,
    webCacheMixup,
  ].map((scenario): [string, Scenario] => [scenario.name, scenario]),
);
