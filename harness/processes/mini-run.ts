import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { type Backend, createBackend } from '../../targets/backend/backend.ts';
import { keysBehind } from '../../targets/backend/keys.ts';
import type { Flaw, Trigger } from '../../targets/controls/define-control.ts';
import { createInjector } from '../faults/injector.ts';
import { runFleet } from '../fleet/fleet.ts';
import type { CheckName } from '../model/finding.ts';
import type { Plan } from '../model/plan.ts';
import type { Population } from '../model/population.ts';
import type { Recorder } from '../model/rows.ts';
import type { Endpoint, Target } from '../model/target.ts';
import type { World } from '../model/world.ts';
import { type MiniSize, miniPlan } from '../plan/mini-plan.ts';
import { createRecord, finishRecord } from '../record/join.ts';
import { openPart } from '../record/part.ts';
import { type RunParts, run } from '../runner/run.ts';
import { createHttpCache, type HttpOrigin } from '../services/http-cache.ts';
import { createHttpCacheServer, httpOrigin } from '../services/http-cache-server.ts';
import { type InProcessCache, startInProcess } from '../services/in-process.ts';
import { realWorld } from './real-world.ts';
import { databaseSweep, sweepStores } from './sweep.ts';
import { listenWire } from './wire-sockets.ts';

export interface MiniRunOptions {
  readonly target: Target;
  /** The target's loaded library; null for one that needs none. */
  readonly library: unknown;
  /** Which version of it, for the record. */
  readonly version: string;
  /** What it has to live through; nothing but load when absent. */
  readonly trigger?: Trigger;
  /** What is broken on purpose outside the client. */
  readonly flaw?: Flaw;
  readonly seed: number;
  /** An existing folder without a record in it. */
  readonly folder: string;
  readonly checks: readonly CheckName[];
  readonly size?: Partial<MiniSize>;
  /** Everything takes so many times as long, for a machine that has other things to do; 1 unless told. */
  readonly pace?: number;
}

/**
 * A whole run in this process, with real parts on loopback: cache, wire with its rules, cloud around the client under test, fleet,
 * record. It takes as long as its plan, two and a half seconds by default. Resolves with the path of the record; rejects when a part fails.
 */
export async function miniRun(options: MiniRunOptions): Promise<string> {
  const { trigger, seed, folder, checks, size, pace = 1 } = options;
  const plan = miniPlan({
    seed,
    rules: trigger?.rules ?? [],
    ...(trigger?.hangUps === undefined ? {} : { hangUps: trigger.hangUps }),
    checks,
    size: { ...(trigger === undefined ? {} : sizeFor(trigger)), ...size },
    pace,
  });
  const recordPath = path.join(folder, 'record.sqlite');
  const partPath = path.join(folder, 'record.part');
  createRecord(recordPath, header(options, plan));
  try {
    await carryOut(options, plan, partPath);
    const { state, reason } = finishRecord({
      path: recordPath,
      parts: [partPath],
      state: 'complete',
      reason: '',
    });
    if (state !== 'complete') throw new Error(`the record ${recordPath} is ${state}: ${reason}`);
    return recordPath;
  } catch (error) {
    for (const file of [recordPath, partPath]) rmSync(file, { force: true });
    throw error;
  }
}

function sizeFor({ webCache, busyCalm, requestDeadlineMs }: Trigger): Partial<MiniSize> {
  const busy = { calmMs: 2_000, warmVisits: false, calmVisitsPerSecond: 50 };
  return {
    // What a cache may keep for a second is not to change within it.
    ...(webCache === undefined ? {} : { uploadShare: 0, changeShare: 0 }),
    ...(busyCalm === true ? busy : {}),
    ...(requestDeadlineMs === undefined ? {} : { requestDeadlineMs }),
  };
}

/** Everything is open by then, so that the first camera meets a cloud. */
const leadMs = 250;

async function carryOut(options: MiniRunOptions, plan: Plan, partPath: string): Promise<void> {
  const { target, library, trigger = { says: '' }, flaw, seed, pace = 1 } = options;
  const { timeoutMs: patienceMs = 1_000, keyPrefix = '', cacheTtlMs = 600_000 } = trigger;
  const startTicks = String(process.hrtime.bigint() + BigInt(leadMs) * 1_000_000n);
  const worldOf = (label: string): World => realWorld({ startTicks, seed }, label);
  const failed = new AbortController();
  await using stack = new AsyncDisposableStack();
  const recorder = openPart({
    path: partPath,
    name: 'mini-run',
    writer: 1,
    onFailure: (error) => failed.abort(error),
  });
  stack.defer(() => recorder.close());
  const cache = stack.use(await startInProcess(worldOf('cache')));
  if (trigger.neighbour === true) moveIn(cache, plan.population, keyPrefix);
  const wire = await listenWire({
    host: '127.0.0.1',
    port: 0,
    upstream: () => cache.endpoint,
    world: worldOf(`wire ${process.pid} ${startTicks}`),
    recorder,
  });
  stack.defer(async () => wire.close());
  const world = worldOf('backend');
  const client = stack.use(
    await target.open({
      endpoint: wire.endpoint,
      library,
      timeoutMs: patienceMs * pace,
      world,
    }),
  );
  const backend = stack.use(
    await createBackend({
      world,
      cache: client,
      databasePath: ':memory:',
      recorder,
      mitigations: [],
      keyPrefix,
      cacheTtlMs: cacheTtlMs * pace,
      cacheDeadlineMs: 3_000 * pace,
      failsOpen: flaw === 'backend-fails-open',
    }),
  );
  await backend.provision(plan.population);
  const cloud = await backend.listen({ host: '127.0.0.1', port: 0 });
  const viewersAt =
    trigger.webCache === undefined
      ? cloud
      : await openWebCache(stack, { cloud, kept: trigger.webCache, flaw, world });
  await run(
    plan,
    {
      world: worldOf('conductor'),
      recorder,
      faults: createInjector({
        cache,
        // The cache's own address is asked at every connection.
        wire: {
          install: async (faultId, rule) => {
            const installed = await wire.wire.install(faultId, rule);
            return {
              bit: async () => installed.bit(),
              [Symbol.asyncDispose]: async () => installed[Symbol.asyncDispose](),
            };
          },
          setUpstream: async () => {},
        },
        keyPrefix,
      }),
      fleet: {
        run: async (whole, signal) => {
          await runFleet(
            {
              world: worldOf('fleet'),
              plan: whole,
              backend: cloud,
              viewersAt,
              recorder,
              crc32,
              onProgress: () => {},
            },
            signal,
          );
        },
      },
      flood: { run: async () => Promise.reject(new Error('a mini-run has no flood')) },
      // With a neighbour the values are in another database than the one that is read.
      ...(trigger.neighbour === true
        ? {}
        : { sweep: sweepOf({ cache, backend, recorder, world, keyPrefix, seed }) }),
      onPhase: () => {},
    },
    failed.signal,
  );
}

/** Another cloud on the same server, in database 0: its devices are called as ours are, and each belongs to the owner of the next. */
function moveIn(cache: InProcessCache, { devices }: Population, keyPrefix: string): void {
  const [database] = cache.keyspace.databases;
  const keys = keysBehind(keyPrefix);
  for (const [index, { deviceId }] of devices.entries()) {
    const ownerId = devices[(index + 1) % devices.length]?.ownerId ?? '';
    const bytes = Buffer.from(JSON.stringify({ ownerId }));
    database?.put(keys.deviceOwner(deviceId), { type: 'string', bytes });
  }
}

interface Stores {
  readonly cache: InProcessCache;
  readonly backend: Backend;
  readonly recorder: Recorder;
  readonly world: World;
  readonly keyPrefix: string;
  readonly seed: number;
}

function sweepOf({
  cache,
  backend,
  keyPrefix,
  recorder,
  world,
  seed,
}: Stores): NonNullable<RunParts['sweep']> {
  const around = { seed, clock: world.clock, recorder };
  return {
    run: async (signal) => {
      await sweepStores(
        {
          ...around,
          cache: { endpoints: [cache.endpoint], protocol: 'resp', prefix: keyPrefix },
          database: databaseSweep(backend, around),
        },
        signal,
      );
    },
    onFailure: world.log,
  };
}

interface BeforeTheCloud {
  readonly cloud: Endpoint;
  readonly kept: NonNullable<Trigger['webCache']>;
  readonly flaw: Flaw | undefined;
  readonly world: World;
}

/** A shared HTTP cache before a cloud that says what may be kept. */
async function openWebCache(
  stack: AsyncDisposableStack,
  { cloud, kept, flaw, world }: BeforeTheCloud,
): Promise<Endpoint> {
  const origin = httpOrigin(cloud);
  stack.defer(() => origin.close());
  const server = createHttpCacheServer(
    createHttpCache({
      origin: withListsKept(origin.ask, kept),
      clock: world.clock,
      startUnixMs: 0,
      settings: {
        ignoreVary: flaw === 'http-cache-ignores-vary',
        storeSetCookie: flaw === 'http-cache-stores-set-cookie',
      },
      log: world.log,
    }),
  );
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  stack.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the web cache has no port');
  return { host: '127.0.0.1', port: address.port };
}

/** Lists may be kept for a second: for their own session, or for everyone if they did not come with a cookie. */
function withListsKept(ask: HttpOrigin, kept: BeforeTheCloud['kept']): HttpOrigin {
  return async (request, signal) => {
    const answer = await ask(request, signal);
    if (!request.target.startsWith('/v1/events?')) return answer;
    const { 'set-cookie': cookie, ...fields } = answer.fields;
    const said = { ...fields, 'cache-control': 'public, max-age=1' };
    const personal =
      kept === 'vary' ? { vary: 'authorization' } : cookie && { 'set-cookie': cookie };
    return { ...answer, fields: { ...said, ...personal } };
  };
}

function header({ target, version, seed, flaw }: MiniRunOptions, plan: Plan) {
  return {
    scenario: plan.scenario,
    seed,
    target: target.name,
    targetVersion: version,
    cache: 'embedded (within this process)',
    plan: JSON.stringify(plan),
    environment: JSON.stringify({
      node: process.versions.node,
      mitigations: [],
      flaw: flaw ?? null,
    }),
    startedAt: new Date().toISOString(),
  };
}
