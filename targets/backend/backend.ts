import type { Duplex } from 'node:stream';
import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance } from 'fastify';
import type { Population } from '../../harness/model/population.ts';
import type { Recorder } from '../../harness/model/rows.ts';
import type { CacheClient, Endpoint } from '../../harness/model/target.ts';
import type { World } from '../../harness/model/world.ts';
import { type AnswerPolicy, answerPolicy } from './answer-policy.ts';
import { createCacheTap } from './cache-tap.ts';
import { cachedThings } from './cached.ts';
import { createCameraDesk } from './camera-desk.ts';
import { cameraRoutes, closeCodes } from './camera-routes.ts';
import type { ChangingVisit } from './changes.ts';
import { rememberedDigests } from './digests.ts';
import { createKeyLedger } from './key-ledger.ts';
import { keysBehind } from './keys.ts';
import type { Mitigation } from './mitigations.ts';
import { createReadThrough, type OnLoad } from './read-through.ts';
import { Refusal } from './refusal.ts';
import { sealedCache } from './sealed-cache.ts';
import { endSession, startSession } from './sessions.ts';
import { openSourceOfTruth } from './source-of-truth.ts';
import { type StoredCursor, type StoredPage, storedPage } from './stored-things.ts';
import { type Answered, viewerRoutes } from './viewer-routes.ts';

export interface BackendOptions {
  readonly world: World;
  /** The client under test. It stays its opener's to close, after the backend. */
  readonly cache: CacheClient;
  /** A file, or `:memory:`. */
  readonly databasePath: string;
  readonly recorder: Recorder;
  readonly mitigations: readonly Mitigation[];
  /** Stands before every key; empty where the cache is ours alone. */
  readonly keyPrefix: string;
  readonly cacheTtlMs: number;
  /** A call that the client neither answers nor rejects is given up on after this long, 3,000 ms unless told. Longer than the client's own limit. */
  readonly cacheDeadlineMs?: number;
  /** What answers to people say of caching; nothing unless told. */
  readonly answers?: AnswerPolicy;
  /** A flaw, for the control that plants it: where the cache cannot say whose session it is, the name in the token is believed. */
  readonly failsOpen?: boolean;
}

/** The reference camera cloud: `docs/cloud-api.md`. */
export interface Backend extends AsyncDisposable {
  /** Port 0 lets the operating system choose. Rejects when the port is taken. */
  listen(endpoint: Endpoint): Promise<Endpoint>;
  /** Serves one connection that did not come through `listen`. */
  handle(connection: Duplex): void;
  /** Writes people and devices into the source of truth. */
  provision(population: Population): Promise<void>;
  /** Ends all sessions, also those that the cache still holds. Rejects unless `revoke-sessions` is on. */
  revokeSessions(): Promise<void>;
  /** A page of what the source of truth holds, the first one without a cursor. */
  stored(from?: StoredCursor): StoredPage;
  stats(): BackendStats;
}

interface BackendStats {
  readonly requests: number;
  readonly camerasConnected: number;
  readonly uploads: number;
  readonly originLoads: number;
  readonly cacheErrors: number;
  /** Answers of 500: our own faults. */
  readonly failures: number;
}

/** Builds the cloud around one cache client. Nothing listens yet. */
export async function createBackend(options: BackendOptions): Promise<Backend> {
  const { world, recorder, cacheTtlMs } = options;
  const mitigations: ReadonlySet<Mitigation> = new Set(options.mitigations);
  const truth = openSourceOfTruth(options.databasePath);
  const keys = keysBehind(options.keyPrefix);
  const things = cachedThings(truth, keys);
  const ledger = createKeyLedger(world.clock);
  const tokens = world.rng.fork('session tokens');
  const digest = rememberedDigests();
  const tap = createCacheTap({
    cache: options.cache,
    recorder,
    clock: world.clock,
    deadlineMs: options.cacheDeadlineMs ?? 3_000,
    digest,
  });
  const counts = { requests: 0, uploads: 0, originLoads: 0, failures: 0 };

  const visit = (requestId: string, hangUp?: AbortSignal): ChangingVisit => {
    const onLoad: OnLoad = (key, loaded) => {
      counts.originLoads += 1;
      const id = recorder.nextId('origin');
      recorder.origin({
        id,
        key,
        atNs: world.clock.nowNs(),
        requestId,
        digest: loaded === undefined ? null : digest(loaded),
      });
    };
    const tapped = tap.forRequest(requestId, hangUp);
    const cache = mitigations.has('seal-values') ? sealedCache(tapped) : tapped;
    const read = createReadThrough({ cache, ledger, ttlMs: cacheTtlMs, onLoad });
    return { read, things, truth, keys, mitigations, onLoad };
  };

  const onAnswer = ({ bytes, ...answered }: Answered): void => {
    const id = recorder.nextId('answer');
    recorder.answer({ id, ...answered, digest: digest(bytes), atNs: world.clock.nowNs() });
  };

  const desk = createCameraDesk({ deadlineMs: lookDeadlineMs });
  const app = await createServer(counts);
  if (options.answers !== undefined) answerPolicy(app, options.answers);
  viewerRoutes(app, {
    visit,
    look: desk.look,
    onRemoved: (deviceId) => desk.dismiss(deviceId, closeCodes.refused),
    failsOpen: options.failsOpen ?? false,
    login: (visited, account) => startSession(visited, account, tokens),
    logout: endSession,
    onAnswer,
  });
  cameraRoutes(app, {
    visit,
    desk,
    onUpload: () => {
      counts.uploads += 1;
    },
  });
  await app.ready();

  return {
    listen: async ({ host, port }) => {
      await app.listen({ host, port, backlog: backlogMax });
      const address = app.server.address();
      if (address === null || typeof address === 'string') throw new Error(`no port on ${host}`);
      return { host, port: address.port };
    },
    handle: (connection) => void app.server.emit('connection', connection),
    provision: async (population) => truth.provision(population),
    revokeSessions: async () => {
      if (!mitigations.has('revoke-sessions')) {
        throw new Error('sessions cannot be revoked: the mitigation revoke-sessions is off');
      }
      truth.dropSessions();
    },
    stored: (from) => storedPage(truth, things, from),
    stats: () => ({
      ...counts,
      camerasConnected: app.websocketServer.clients.size,
      cacheErrors: tap.errors(),
    }),
    [Symbol.asyncDispose]: async () => {
      // Outstanding cache calls reject at once, so no handler outlives its connection or the database.
      tap.close();
      for (const camera of app.websocketServer.clients) camera.terminate();
      await app.close();
      truth.close();
    },
  };
}

/** A herd connects within a blink; the system's own limit (`somaxconn`) still holds. */
const backlogMax = 16_384;

/** How long a connected camera has for a frame of its live view. */
const lookDeadlineMs = 1_000;

/** The largest upload: a clip is less than 40 KB. */
const uploadBytesMax = 1_048_576;

async function createServer(counts: {
  requests: number;
  failures: number;
}): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    bodyLimit: 16_384,
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' ? given : 'unnamed';
    },
  });
  await app.register(websocket, {
    options: { maxPayload: uploadBytesMax },
    errorHandler: (_error, socket) => socket.terminate(),
  });
  app.websocketServer.on('headers', (headers: string[], request) => {
    headers.push(`x-request-id: ${String(request.headers['x-request-id'] ?? 'unnamed')}`);
  });
  app.addHook('onRequest', (request, reply, done) => {
    counts.requests += 1;
    reply.header('x-request-id', request.id);
    done();
  });
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({ error: 'no such thing' }),
  );
  app.setErrorHandler(async (error, _request, reply) => {
    const status = statusOf(error);
    if (status === 500) counts.failures += 1;
    const says = status === 500 ? 'the backend failed' : (error as Error).message;
    return reply.code(status).send({ error: says });
  });
  return app;
}

/** Ours carry their status; the framework's own are about a malformed request. */
function statusOf(error: unknown): number {
  if (error instanceof Refusal) return error.status;
  const { statusCode } = error as { readonly statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? 400 : 500;
}
