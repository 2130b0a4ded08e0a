import type { SeenTraffic } from '../faults/toxiproxy.ts';
import type { WireRule } from '../model/fault.ts';
import type { Recorder, WireConnectionRow, WireRow } from '../model/rows.ts';
import type { Endpoint } from '../model/target.ts';
import type { InstalledRule } from '../wire/proxy.ts';
import { serve } from './channel.ts';
import { loadTarget, type TargetSource } from './load-target.ts';
import { openProcessRecord, type ProcessRecord } from './process-record.ts';
import { type RunSettings, realWorld } from './real-world.ts';
import { listenWire, type WireProtocol, type WireSockets } from './wire-sockets.ts';

export interface WireSettings extends RunSettings {
  readonly protocol: WireProtocol;
  /** Whose values pass through it; they are as they were set when absent. */
  readonly target?: TargetSource;
  readonly upstream: Endpoint;
  /** Where each node of a cluster is: a door is opened for each. */
  readonly nodes?: readonly Endpoint[];
  /** That of the first door. */
  readonly port: number;
}

export type WireApi = {
  /** Gives the doors. */
  open(settings: WireSettings): Promise<readonly Endpoint[]>;
  setUpstream(endpoint: Endpoint): Promise<void>;
  install(rule: { readonly faultId: string; readonly rule: WireRule }): Promise<void>;
  bit(faultId: string): Promise<number>;
  remove(faultId: string): Promise<void>;
  /** What has passed so far, for whoever breaks things before the wire. */
  seen(nothing: null): Promise<SeenTraffic>;
};

let record: ProcessRecord | undefined;
let sockets: WireSockets | undefined;
let upstream: Endpoint | undefined;
const seen = { replies: 0, endedByCache: 0, endedByClient: 0 };
const installed = new Map<string, InstalledRule>();

const api: WireApi = {
  open: async (settings) => {
    const world = realWorld(settings, 'wire');
    record = openProcessRecord(settings, (error) => channel.emit('record-failed', error.message));
    upstream = settings.upstream;
    const { unwrap } = settings.target === undefined ? {} : await loadTarget(settings.target);
    sockets = await listenWire({
      host: '127.0.0.1',
      port: settings.port,
      protocol: settings.protocol,
      ...(unwrap === undefined ? {} : { unwrap }),
      doors: settings.nodes?.length ?? 1,
      // The first node is the service itself, which may come back elsewhere.
      upstream: (door) => (door === 1 ? upstream : settings.nodes?.[door - 1]) ?? settings.upstream,
      world,
      recorder: counting(record.recorder),
    });
    return sockets.doors;
  },
  setUpstream: async (endpoint) => {
    upstream = endpoint;
  },
  install: async ({ faultId, rule }) => {
    if (sockets === undefined) throw new Error('the wire is not open');
    installed.set(faultId, await sockets.wire.install(faultId, rule));
  },
  bit: async (faultId) => installed.get(faultId)?.bit() ?? 0,
  seen: async () => seen,
  remove: async (faultId) => {
    await installed.get(faultId)?.[Symbol.asyncDispose]();
  },
};

/** The same recorder, and what has been seen beside it. */
function counting(recorder: Recorder): Recorder {
  return Object.create(recorder, {
    wire: {
      value: (row: WireRow) => {
        if (row.replyNs !== null) seen.replies += 1;
        recorder.wire(row);
      },
    },
    wireConnection: {
      value: (row: WireConnectionRow) => {
        if (row.closedBy === 'server') seen.endedByCache += 1;
        if (row.closedBy === 'client') seen.endedByClient += 1;
        recorder.wireConnection(row);
      },
    },
  }) as Recorder;
}

const channel = serve(api, async () => {
  try {
    await sockets?.close();
  } finally {
    record?.[Symbol.dispose]();
  }
});
