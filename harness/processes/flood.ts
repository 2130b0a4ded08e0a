import { runFlood } from '../fleet/flood.ts';
import type { FloodStep, Plan } from '../model/plan.ts';
import { serve } from './channel.ts';
import type { FleetSettings } from './fleet.ts';
import { openProcessRecord, type ProcessRecord } from './process-record.ts';
import { realWorld } from './real-world.ts';

export type FloodApi = {
  open(settings: FleetSettings): Promise<void>;
  run(flood: {
    readonly step: FloodStep;
    readonly users: Plan['population']['users'];
  }): Promise<void>;
};

let record: ProcessRecord | undefined;
let settings: FleetSettings | undefined;
const stopped = new AbortController();

const api: FloodApi = {
  open: async (given) => {
    settings = given;
    record = openProcessRecord(given, (error) => channel.emit('record-failed', error.message));
  },
  run: async ({ step, users }) => {
    if (settings === undefined || record === undefined) throw new Error('the flood is not open');
    const { recorder } = record;
    const figures = await runFlood(
      { world: realWorld(settings, 'flood'), backend: settings.backend, step, users },
      stopped.signal,
    );
    recorder.flood({ id: recorder.nextId('flood'), ...figures });
  },
};

const channel = serve(api, async () => {
  stopped.abort(new Error('the flood was closed'));
  record?.[Symbol.dispose]();
});
