import { pathToFileURL } from 'node:url';
import type { AnswerPolicy } from '../../targets/backend/answer-policy.ts';
import { type Backend, createBackend } from '../../targets/backend/backend.ts';
import type { Mitigation } from '../../targets/backend/mitigations.ts';
import type { StoredCursor } from '../../targets/backend/stored-things.ts';
import type { Population } from '../model/population.ts';
import type { CacheClient, Endpoint } from '../model/target.ts';
import { serve } from './channel.ts';
import { loadTarget, type TargetSource } from './load-target.ts';
import { openProcessRecord, type ProcessRecord } from './process-record.ts';
import { type RunSettings, realWorld } from './real-world.ts';
import { type DatabasePage, databaseSweep } from './sweep.ts';

export interface BackendSettings extends RunSettings {
  readonly target: TargetSource;
  /** The file to import as the target's library; empty for a control, which has none. */
  readonly libraryPath: string;
  /** Of the target's companions, by package. */
  readonly companionPaths: Readonly<Record<string, string>>;
  readonly cache: Endpoint;
  /** All nodes, where the cache is a cluster. */
  readonly cacheNodes?: readonly Endpoint[];
  readonly cacheTimeoutMs: number;
  readonly keyPrefix: string;
  readonly databasePath: string;
  readonly mitigations: readonly Mitigation[];
  readonly port: number;
  readonly population: Population;
  /** What answers to people say of caching; nothing when absent. */
  readonly answers?: AnswerPolicy;
}

export interface BackendUsage {
  /** Processor time since it was opened. */
  readonly processorMs: number;
  /** The most memory that it held at any moment, as the operating system counts it (`maxRSS` of getrusage), in bytes. */
  readonly memoryBytesMost: number;
}

export type BackendApi = {
  open(settings: BackendSettings): Promise<Endpoint>;
  revokeSessions(nothing: null): Promise<void>;
  /** What this process has taken so far. */
  usage(nothing: null): Promise<BackendUsage>;
  /** Writes a page of what the source of truth holds into this process's file of rows. */
  sweep(from: StoredCursor | null): Promise<DatabasePage>;
};

let record: ProcessRecord | undefined;
let client: CacheClient | undefined;
let backend: Backend | undefined;
let usageBefore: NodeJS.CpuUsage | undefined;
let sweepPage: BackendApi['sweep'] | undefined;

const api: BackendApi = {
  open: async (settings) => {
    const world = realWorld(settings, 'backend');
    record = openProcessRecord(settings, (error) => channel.emit('record-failed', error.message));
    const target = await loadTarget(settings.target);
    const library = await imported(settings.libraryPath);
    const companions: Record<string, unknown> = {};
    for (const [name, file] of Object.entries(settings.companionPaths))
      companions[name] = await imported(file);
    client = await target.open({
      endpoint: settings.cache,
      ...(settings.cacheNodes === undefined ? {} : { nodes: settings.cacheNodes }),
      library,
      companions,
      timeoutMs: settings.cacheTimeoutMs,
      onProcess: (processId) => channel.emit('process-started', processId),
      world,
    });
    backend = await createBackend({
      world,
      cache: client,
      databasePath: settings.databasePath,
      recorder: record.recorder,
      mitigations: settings.mitigations,
      keyPrefix: settings.keyPrefix,
      cacheTtlMs: 600_000,
      ...(settings.answers === undefined ? {} : { answers: settings.answers }),
    });
    sweepPage = databaseSweep(backend, {
      seed: settings.seed,
      clock: world.clock,
      recorder: record.recorder,
    });
    await backend.provision(settings.population);
    usageBefore = process.cpuUsage();
    return backend.listen({ host: '127.0.0.1', port: settings.port });
  },
  usage: async () => {
    const { user, system } = process.cpuUsage(usageBefore);
    // Node gives kibibytes.
    const memoryBytesMost = process.resourceUsage().maxRSS * 1024;
    return { processorMs: (user + system) / 1000, memoryBytesMost };
  },
  revokeSessions: async () => {
    await backend?.revokeSessions();
  },
  sweep: async (from) => {
    if (sweepPage === undefined) throw new Error('the backend is not open');
    return sweepPage(from);
  },
};

async function imported(file: string): Promise<unknown> {
  // A control is a client by itself.
  return file === '' ? null : import(pathToFileURL(file).href);
}

const channel = serve(api, async () => {
  try {
    await backend?.[Symbol.asyncDispose]();
    await client?.[Symbol.asyncDispose]();
  } finally {
    record?.[Symbol.dispose]();
  }
});
