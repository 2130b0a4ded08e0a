import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { release, type as systemType, tmpdir } from 'node:os';
import path from 'node:path';
import type { Mitigation } from '../../targets/backend/mitigations.ts';
import { createInjector } from '../faults/injector.ts';
import type { FleetProgress } from '../fleet/fleet.ts';
import type { Plan } from '../model/plan.ts';
import type { RunRow } from '../model/rows.ts';
import type { Provider, StartedService } from '../model/service.ts';
import type { CacheProtocol, Endpoint, Target } from '../model/target.ts';
import type { BackendApi, BackendSettings, BackendUsage } from '../processes/backend.ts';
import { type Child, type Death, type Handlers, startChild } from '../processes/channel.ts';
import type { FleetApi, FleetSettings } from '../processes/fleet.ts';
import type { FloodApi } from '../processes/flood.ts';
import type { TargetSource } from '../processes/load-target.ts';
import { openProcessRecord, type ProcessRecord } from '../processes/process-record.ts';
import { type RunSettings, realWorld } from '../processes/real-world.ts';
import { sweepStores } from '../processes/sweep.ts';
import type { WireApi, WireSettings } from '../processes/wire.ts';
import { createRecord, finishRecord } from '../record/join.ts';
import { run } from '../runner/run.ts';
import type { ProcessOptions } from '../services/process.ts';
import { startFaultEngine } from './fault-engine.ts';
import { type ProcessorWait, type ProcessorWatch, watchProcessorWait } from './processor-wait.ts';
import type { Reaper } from './reaper-handle.ts';
import type { RunNotes } from './run-notes.ts';
import { type TargetDeath, targetDeath } from './target-death.ts';
import { type WebCacheEngine, webCacheProvider } from './web-cache.ts';

/** Everything that one run needs, resolved and checked. */
export interface RunRequest {
  readonly plan: Plan;
  readonly target: {
    readonly name: string;
    readonly version: string;
    readonly protocol: CacheProtocol;
    /** One of our targets by name, or a file whose default export is one. */
    readonly source: TargetSource;
    readonly libraryPath: string;
    readonly companionPaths: Readonly<Record<string, string>>;
    /** For a library that stores values in a form of its own. */
    readonly unwrap?: Target['unwrap'];
    /** What the library puts before every key. */
    readonly keyPrefix?: string;
  };
  readonly provider: Provider;
  readonly mitigations: readonly Mitigation[];
  /** Which server is the shared HTTP cache, where the plan has one. */
  readonly webCacheEngine: WebCacheEngine;
  /** What breaks things before our own wire; null for the wire itself. */
  readonly toxiproxy: Provider | null;
  /** Where the record goes; exists and can be written to. */
  readonly folder: string;
  /** 0 lets the operating system choose. */
  readonly backendPort: number;
  readonly wirePort: number;
  readonly fileLimit: number | undefined;
  readonly crosswireVersion: string;
  /** What the record keeps beside the plan, for reports. */
  readonly notes: RunNotes;
}

/** What is left of a run when it has ended. */
export interface Conducted {
  readonly recordPath: string;
  /** Processor time of the backend from its opening to the end of the plan; null when it could not be asked. */
  readonly backendMs: number | null;
}

/** What a run reports while it goes. */
export interface Audience {
  onService(says: string): void;
  onPhase(phase: { readonly name: string; readonly forMs: number }): void;
  onProgress(progress: FleetProgress): void;
  /** What was read of all that is stored, or why it was not. */
  onSwept(says: string): void;
}

/** How a run ended, as its record says. */
interface RunEnd {
  readonly state: 'complete' | 'interrupted' | 'failed';
  /** Empty when it is complete. */
  readonly reason: string;
}

/** The nodes of a cluster hear of their doors from each other. */
const announceMs = 1_500;

/** How long a call to the cache may take in the backend. */
const cacheTimeoutMs = 1_000;

/**
 * Starts the processes of one run, carries out its plan, stops everything and joins the record. Rejects only for what is wrong
 * before anything was broken (a port that is taken, a service that does not start); later trouble ends in a record that
 * says so.
 */
export async function conduct(
  request: RunRequest,
  audience: Audience,
  { reaper, signal }: { readonly reaper: Reaper; readonly signal: AbortSignal },
): Promise<Conducted> {
  await using conductor = new Conductor(request, reaper);
  return await conductor.run(audience, signal);
}

const processNames = ['conductor', 'wire', 'backend', 'fleet', 'flood'] as const;
type ProcessName = (typeof processNames)[number];

/** Owns the processes and files of one run; identity and lifetime are the point, so a class. */
class Conductor implements AsyncDisposable {
  readonly #request: RunRequest;
  readonly #reaper: Reaper;
  readonly #scratch: string;
  #startTicks = '0';
  #swept: string | undefined;
  #died: TargetDeath | undefined;
  #usage: BackendUsage | null = null;
  #waits: ProcessorWatch | undefined;
  #waited: ProcessorWait | null = null;
  readonly #stack = new AsyncDisposableStack();
  readonly #broken = new AbortController();

  constructor(request: RunRequest, reaper: Reaper) {
    this.#request = request;
    this.#reaper = reaper;
    this.#scratch = mkdtempSync(path.join(tmpdir(), 'crosswire-'));
    reaper.watchFolder(this.#scratch);
    this.#stack.defer(() => rmSync(this.#scratch, { recursive: true, force: true }));
  }

  async run(audience: Audience, signal: AbortSignal): Promise<Conducted> {
    const { plan, provider, mitigations } = this.#request;
    const stop = AbortSignal.any([signal, this.#broken.signal]);
    const cache = this.#stack.use(await provider.start(stop));
    void cache.died.then((says) => this.#break(new Error(says)));
    audience.onService(cache.says);
    const recordPath = path.join(this.#request.folder, 'record.sqlite');
    createRecord(recordPath, this.#header(cache));
    const own = openProcessRecord(this.#settings('conductor'), (error) => this.#break(error));
    const parts = new AsyncDisposableStack();
    this.#stack.use(parts);
    parts.defer(() => own[Symbol.dispose]());
    try {
      const { control, backend, fleet, flood } = await this.#startProcesses(parts, {
        cache,
        audience,
      });
      const ownWorld = realWorld(this.#settings('conductor'), 'conductor');
      const swept = (says: string): void => {
        this.#swept = says;
        audience.onSwept(says);
      };
      fleet.onEvent((event, value) => {
        if (event === 'progress') audience.onProgress(value as FleetProgress);
      });
      await run(
        plan,
        {
          world: ownWorld,
          recorder: own.recorder,
          faults: createInjector({
            cache,
            wire: control,
            keyPrefix: this.#storedPrefix(cache),
          }),
          fleet: {
            run: (whole, until) =>
              untilAborted(fleet.call('run', whole), until, () =>
                fleet.call('stop', 'interrupted'),
              ),
          },
          flood: {
            run: (step, until) =>
              untilAborted(flood.call('run', { step, users: plan.population.users }), until),
          },
          sweep: {
            run: async (until) => swept(await this.#sweep({ cache, backend, own }, until)),
            onFailure: (says) => swept(`nothing that is stored was read: ${says}`),
          },
          onPhase: (phase) => {
            audience.onPhase(phase);
            if (phase.name === 'calm')
              this.#waits = watchProcessorWait(
                processesOf({ cache, backend, fleet }),
                ownWorld.clock.nowNs,
              );
            if (phase.name === 'calm' && mitigations.includes('revoke-sessions'))
              this.#revokeSessions(backend);
          },
        },
        stop,
      );
      this.#waited = this.#waits?.stop() ?? null;
      this.#usage = await usageOf(backend);
      await parts.disposeAsync();
      this.#finish(recordPath, { state: 'complete', reason: '' });
    } catch (error) {
      await parts.disposeAsync();
      const state = signal.aborted && !this.#broken.signal.aborted ? 'interrupted' : 'failed';
      // What broke first says more than the abort that followed from it.
      const cause: unknown = stop.aborted ? stop.reason : error;
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#finish(recordPath, { state, reason });
    }
    return { recordPath, backendMs: this.#usage?.processorMs ?? null };
  }

  /** What an operator would do when things are healed. */
  #revokeSessions(backend: Child<BackendApi>): void {
    backend
      .call('revokeSessions', null)
      .catch((error: unknown) =>
        this.#break(error instanceof Error ? error : new Error(String(error))),
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #startProcesses(
    parts: AsyncDisposableStack,
    { cache, audience }: { readonly cache: StartedService; readonly audience: Audience },
  ) {
    const { target, mitigations, plan, backendPort, wirePort } = this.#request;
    const wire = this.#start<WireApi>(parts, 'wire');
    const backend = this.#start<BackendApi>(parts, 'backend');
    const fleet = this.#start<FleetApi>(parts, 'fleet');
    const flood = this.#start<FloodApi>(parts, 'flood');
    await Promise.all([wire, backend, fleet, flood].map((child) => child.ready));
    // The zero of all times lies a little ahead, so that everything stands when the first camera comes.
    const leadMs =
      700 + plan.population.devices.length / 20 + (cache.cluster === undefined ? 0 : announceMs);
    this.#startTicks = String(process.hrtime.bigint() + BigInt(Math.round(leadMs * 1e6)));
    const doors = await wire.call('open', {
      ...this.#settings('wire'),
      protocol: target.protocol,
      target: target.source,
      upstream: cache.endpoint,
      port: wirePort,
      ...(cache.cluster === undefined ? {} : { nodes: cache.cluster.nodes }),
    } satisfies WireSettings);
    // Whoever is sent to another node by one of them comes through the wire again.
    await cache.cluster?.announce(doors, this.#broken.signal);
    const [wireEndpoint = cache.endpoint] = doors;
    const engine = await startFaultEngine(
      {
        toxiproxy: this.#request.toxiproxy,
        name: `${path.basename(this.#scratch)}-cache`,
        wire,
        wireEndpoint,
        stack: parts,
      },
      this.#broken.signal,
    );
    if (engine.says !== undefined) audience.onService(engine.says);
    const backendEndpoint: Endpoint = await backend.call('open', {
      ...this.#settings('backend'),
      target: target.source,
      libraryPath: target.libraryPath,
      companionPaths: target.companionPaths,
      cache: engine.endpoint,
      ...(cache.cluster === undefined ? {} : { cacheNodes: doors }),
      cacheTimeoutMs,
      keyPrefix: this.#keyPrefix(cache),
      databasePath: path.join(this.#scratch, 'cloud.sqlite'),
      mitigations,
      port: backendPort,
      population: plan.population,
      ...(plan.webCache?.answers === undefined
        ? {}
        : { answers: { say: plan.webCache.answers, freshSeconds: plan.webCache.freshSeconds } }),
    } satisfies BackendSettings);
    const webCache = await this.#startWebCache(parts, { origin: backendEndpoint, audience });
    await fleet.call('open', {
      ...this.#settings('fleet'),
      backend: backendEndpoint,
      ...(webCache === undefined ? {} : { viewersAt: webCache.endpoint }),
    } satisfies FleetSettings);
    await flood.call('open', {
      ...this.#settings('flood'),
      backend: backendEndpoint,
    } satisfies FleetSettings);
    return { control: engine.control, backend, fleet, flood };
  }

  /** Past the wire: where the cache is now, which may be elsewhere than at the start. */
  async #sweep(
    {
      cache,
      backend,
      own,
    }: {
      readonly cache: StartedService;
      readonly backend: Child<BackendApi>;
      readonly own: ProcessRecord;
    },
    signal: AbortSignal,
  ): Promise<string> {
    const { unwrap } = this.#request.target;
    return sweepStores(
      {
        seed: this.#request.plan.seed,
        clock: realWorld(this.#settings('conductor'), 'conductor').clock,
        recorder: own.recorder,
        cache: {
          endpoints: cache.cluster?.nodes ?? [cache.endpoint],
          protocol: this.#request.target.protocol,
          prefix: this.#storedPrefix(cache),
          ...(unwrap === undefined ? {} : { unwrap }),
        },
        database: (from) => backend.call('sweep', from),
      },
      signal,
    );
  }

  async #startWebCache(
    parts: AsyncDisposableStack,
    { origin, audience }: { readonly origin: Endpoint; readonly audience: Audience },
  ): Promise<StartedService | undefined> {
    const { plan, webCacheEngine: engine } = this.#request;
    if (plan.webCache === undefined) return undefined;
    const provider = webCacheProvider(plan.webCache, {
      engine,
      origin,
      node: process.execPath,
      ...this.#processOptions(),
    });
    const service = parts.use(await provider.start(this.#broken.signal));
    void service.died.then((says) => this.#break(new Error(says)));
    audience.onService(`${service.says}, before the backend, keyed by ${plan.webCache.keyedBy}`);
    return service;
  }

  #processOptions(): ProcessOptions {
    return {
      path: process.env['PATH'] ?? '',
      scratchDirectory: this.#scratch,
      onProcess: (processId) => this.#reaper.watchProcess(processId),
    };
  }

  /** Children are disposed of in the reverse order: fleet and flood first, then the backend, then the wire. */
  #start<Api extends Handlers>(parts: AsyncDisposableStack, name: ProcessName): Child<Api> {
    const child = parts.use(
      startChild<Api>({
        name,
        entry: new URL(import.meta.resolve(`../processes/${name}.ts`)),
        node: process.execPath,
        onProcess: (processId) => this.#reaper.watchProcess(processId),
        fileLimit: this.#request.fileLimit,
      }),
    );
    void child.died.then((death) => this.#mourn(name, death));
    child.onEvent((event, value) => {
      if (event === 'record-failed') this.#break(new Error(String(value)));
      if (event === 'process-started') this.#reaper.watchProcess(Number(value));
    });
    return child;
  }

  #mourn(name: ProcessName, death: Death): void {
    if (name === 'backend') this.#died = targetDeath(death, this.#request.target);
    this.#break(new Error(death.says));
  }

  #break(error: Error): void {
    this.#broken.abort(error);
  }

  #settings(name: ProcessName): RunSettings {
    return {
      name,
      startTicks: this.#startTicks,
      seed: this.#request.plan.seed,
      recordPath: path.join(this.#request.folder, `record.${name}.part`),
      writer: processNames.indexOf(name) + 1,
    };
  }

  /** Keys in a cache that is not ours stand apart from everything else in it. */
  #keyPrefix(cache: StartedService): string {
    return cache.abilities.kill ? '' : `crosswire:${path.basename(this.#scratch)}:`;
  }

  /** How the keys of this run begin where the library has stored them. */
  #storedPrefix(cache: StartedService): string {
    return (this.#request.target.keyPrefix ?? '') + this.#keyPrefix(cache);
  }

  #header(cache: StartedService): Omit<RunRow, 'format' | 'state' | 'reason'> {
    const { plan, target } = this.#request;
    return {
      scenario: plan.scenario,
      seed: plan.seed,
      target: target.name,
      targetVersion: target.version,
      cache: cache.says,
      plan: JSON.stringify(plan),
      environment: this.#environment(),
      startedAt: new Date().toISOString(),
    };
  }

  #environment(): string {
    const { mitigations, crosswireVersion, notes } = this.#request;
    return JSON.stringify({
      crosswire: crosswireVersion,
      node: process.versions.node,
      system: `${systemType()} ${release()} ${process.arch}`,
      mitigations,
      ...notes,
      ...(this.#swept === undefined ? {} : { stored: this.#swept }),
      ...(this.#died === undefined ? {} : { died: this.#died }),
      ...(this.#usage === null ? {} : { backend: this.#usage }),
      ...(this.#waited === null ? {} : { waitedForProcessor: this.#waited }),
    });
  }

  /** A part of an incomplete run may be missing; it then was never begun. */
  #finish(recordPath: string, { state, reason }: RunEnd): void {
    const parts = processNames
      .map((name) => this.#settings(name).recordPath)
      .filter((part) => state === 'complete' || existsSync(part));
    finishRecord({ path: recordPath, parts, state, reason, environment: this.#environment() });
  }
}

/** Follows a call of a child until it ends or the signal says to stop waiting; `stop` asks the child to end it, and is waited for. */
async function untilAborted(
  work: Promise<void>,
  signal: AbortSignal,
  stop?: () => Promise<unknown>,
): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    await Promise.race([work, aborted.promise]);
  } catch (error) {
    await stop?.().catch(() => undefined);
    await Promise.race([work.catch(() => undefined), patience()]);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Those that have to keep pace for a run to tell anything about time. */
function processesOf({
  cache,
  backend,
  fleet,
}: {
  readonly cache: StartedService;
  readonly backend: { readonly processId: number };
  readonly fleet: { readonly processId: number };
}): ReadonlyMap<string, number> {
  const [cacheId] = cache.processIds;
  return new Map([
    ['backend', backend.processId],
    ['fleet', fleet.processId],
    ...(cacheId === undefined ? [] : [['cache', cacheId] as const]),
  ]);
}

/** A figure for comparison is not worth waiting for a backend that hangs. */
async function usageOf(backend: Child<BackendApi>): Promise<BackendUsage | null> {
  const asked = backend.call('usage', null).catch(() => null);
  return (await Promise.race([asked, patience()])) ?? null;
}

function patience(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1_000).unref();
  });
}
