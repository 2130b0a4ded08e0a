import type { WireRule } from '../model/fault.ts';
import type { Recorder, WireRow } from '../model/rows.ts';
import type { Endpoint } from '../model/target.ts';
import type { InstalledRule } from '../wire/proxy.ts';
import { serve } from './channel.ts';
import { openProcessRecord, type ProcessRecord } from './process-record.ts';
import { type RunSettings, realWorld } from './real-world.ts';
import { listenWire, type WireProtocol, type WireSockets } from './wire-sockets.ts';

export interface WireSettings extends RunSettings {
  readonly protocol: WireProtocol;
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
  /** How many replies came from the cache so far. */
  replies(nothing: null): Promise<number>;
};

let record: ProcessRecord | undefined;
let sockets: WireSockets | undefined;
let upstream: Endpoint | undefined;
let replies = 0;
const installed = new Map<string, InstalledRule>();

const api: WireApi = {
  open: async (settings) => {
    const world = realWorld(settings, 'wire');
    record = openProcessRecord(settings, (error) => channel.emit('record-failed', error.message));
    upstream = settings.upstream;
    sockets = await listenWire({
      host: '127.0.0.1',
      port: settings.port,
      protocol: settings.protocol,
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
  replies: async () => replies,
  remove: async (faultId) => {
    await installed.get(faultId)?.[Symbol.asyncDispose]();
  },
};

/** The same recorder, and a count of replies beside it. */
function counting(recorder: Recorder): Recorder {
  return Object.create(recorder, {
    wire: {
      value: (row: WireRow) => {
        if (row.replyNs !== null) replies += 1;
        recorder.wire(row);
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
