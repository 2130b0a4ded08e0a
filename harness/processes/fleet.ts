import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { runFleet } from '../fleet/fleet.ts';
import type { Plan } from '../model/plan.ts';
import type { Endpoint } from '../model/target.ts';
import { serve } from './channel.ts';
import { decodeJpeg } from './jpeg-decoder.ts';
import { openProcessRecord, type ProcessRecord } from './process-record.ts';
import { type RunSettings, realWorld } from './real-world.ts';

export interface FleetSettings extends RunSettings {
  readonly backend: Endpoint;
  /** Where viewers go instead, when something stands before the backend. */
  readonly viewersAt?: Endpoint;
}

export type FleetApi = {
  open(settings: FleetSettings): Promise<void>;
  /** Emits `progress` once a second; resolves when every camera and viewer has ended. */
  run(plan: Plan): Promise<void>;
  stop(reason: string): Promise<void>;
};

let record: ProcessRecord | undefined;
let settings: FleetSettings | undefined;
const stopped = new AbortController();

const api: FleetApi = {
  open: async (given) => {
    settings = given;
    record = openProcessRecord(given, (error) => channel.emit('record-failed', error.message));
  },
  run: async (plan) => {
    if (settings === undefined || record === undefined) throw new Error('the fleet is not open');
    await runFleet(
      {
        world: realWorld(settings, 'fleet'),
        plan,
        backend: settings.backend,
        ...(settings.viewersAt === undefined ? {} : { viewersAt: settings.viewersAt }),
        recorder: record.recorder,
        crc32,
        decodeJpeg,
        digest: (bytes) => hash('sha1', bytes, 'hex').slice(0, 16),
        onProgress: (progress) => channel.emit('progress', progress),
      },
      stopped.signal,
    );
  },
  stop: async (reason) => {
    stopped.abort(new Error(reason));
  },
};

const channel = serve(api, async () => {
  stopped.abort(new Error('the fleet was closed'));
  record?.[Symbol.dispose]();
});
