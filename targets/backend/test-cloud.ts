import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Device, Population } from '../../harness/model/population.ts';
import type { AnswerRow, CacheCallRow, OriginRow, Recorder } from '../../harness/model/rows.ts';
import type { World } from '../../harness/model/world.ts';
import { seededRng } from '../../harness/plan/rng.ts';
import { type Backend, createBackend } from './backend.ts';
import { type MemoryCache, memoryCache } from './memory-cache.ts';
import type { Mitigation } from './mitigations.ts';

/** A cloud on loopback, with three people and three cameras, for tests. */
export interface TestCloud extends AsyncDisposable {
  readonly backend: Backend;
  readonly cache: MemoryCache;
  readonly calls: readonly CacheCallRow[];
  readonly origins: readonly OriginRow[];
  readonly answers: readonly AnswerRow[];
  readonly port: number;
  request(path: string, options?: TestRequest): Promise<TestAnswer>;
  login(userId: string): Promise<string>;
  /** Connects a camera; rejects with `Unexpected server response: <status>` when it is refused. */
  camera(deviceId: string): Promise<TestCamera>;
  /** Uploads one event over a connection of its own; answers with what the backend said. */
  upload(deviceId: string, eventId: string): Promise<unknown>;
}

interface TestRequest {
  readonly method?: string;
  readonly token?: string;
  readonly cookie?: string;
  readonly body?: unknown;
  readonly requestId?: string;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** The body as JSON, or null when it is none. */
  readonly json: unknown;
}

interface TestCamera {
  readonly socket: WebSocket;
  readonly hello: unknown;
  /** Sends, and resolves with the next message parsed, or with the close code. */
  ask(message: string | Uint8Array): Promise<unknown>;
}

export async function openTestCloud(...mitigations: readonly Mitigation[]): Promise<TestCloud> {
  const cache = memoryCache();
  const { recorder, calls, origins, answers } = memoryRecorder();
  const backend = await createBackend({
    world: testWorld(),
    cache,
    databasePath: ':memory:',
    recorder,
    mitigations,
    keyPrefix: 't:',
    cacheTtlMs: 60_000,
    cacheDeadlineMs: 100,
  });
  await backend.provision(testPopulation);
  const { port } = await backend.listen({ host: '127.0.0.1', port: 0 });
  const request = async (path: string, options: TestRequest = {}): Promise<TestAnswer> =>
    ask(`http://127.0.0.1:${port}${path}`, options);
  const camera = async (deviceId: string): Promise<TestCamera> => connectCamera(port, deviceId);
  return {
    backend,
    cache,
    calls,
    origins,
    answers,
    port,
    request,
    login: async (userId) => {
      const body = { userId, password: `password-of-${userId}` };
      const { json } = await request('/v1/sessions', { method: 'POST', body });
      return (json as { token: string }).token;
    },
    camera,
    upload: async (deviceId, eventId) => {
      const connected = await camera(deviceId);
      const said = await connected.ask(uploadMessage(eventId));
      connected.socket.terminate();
      return said;
    },
    [Symbol.asyncDispose]: async () => backend[Symbol.asyncDispose](),
  };
}

/** Bytes that begin as JPEG does and name their event. */
export function pictureOf(eventId: string, kind: 'thumbnail' | 'clip' = 'thumbnail'): Buffer {
  return Buffer.concat([Buffer.of(0xff, 0xd8, 0xff, 0xe0), Buffer.from(`${kind} of ${eventId}`)]);
}

export function uploadMessage(eventId: string, header: object = {}): Buffer {
  const [thumbnail, clip] = [pictureOf(eventId), pictureOf(eventId, 'clip')];
  const fields = {
    requestId: `upload-${eventId}`,
    eventId,
    kind: 'sound',
    version: 1,
    thumbnailBytes: thumbnail.byteLength,
    clipBytes: clip.byteLength,
    ...header,
  };
  const json = Buffer.from(JSON.stringify(fields));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.byteLength);
  return Buffer.concat([length, json, thumbnail, clip]);
}

/** ada owns `front` and shares it with cleo; ben owns `yard`; cleo owns nothing; ben also owns `shed`. */
const testPopulation: Population = {
  users: ['ada', 'ben', 'cleo'].map((userId) => ({
    userId,
    name: userId,
    subscription: 'standard',
    role: 'viewer',
  })),
  devices: [device('front', 'ada', ['cleo']), device('yard', 'ben', []), device('shed', 'ben', [])],
};

function device(deviceId: string, ownerId: string, sharedWith: readonly string[]): Device {
  const backOff = { policy: 'immediate', delayMs: 10 } as const;
  return { deviceId, name: deviceId, ownerId, sharedWith, backOff };
}

async function ask(url: string, options: TestRequest): Promise<TestAnswer> {
  const { method = 'GET', token, cookie, body, requestId = 'request-1' } = options;
  const answer = await fetch(url, {
    method,
    headers: {
      'x-request-id': requestId,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(cookie === undefined ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') ?? false;
  const json: unknown = isJson ? JSON.parse(bytes.toString()) : null;
  return { status: answer.status, headers: answer.headers, bytes, json };
}

async function connectCamera(port: number, deviceId: string): Promise<TestCamera> {
  const url = `ws://127.0.0.1:${port}/v1/cameras/${deviceId}/connection`;
  const headers = { 'x-request-id': 'connect-1', authorization: `Device secret-of-${deviceId}` };
  const socket = new WebSocket(url, { headers });
  const next = async (): Promise<unknown> =>
    new Promise((resolve) => {
      socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString())));
      socket.once('close', resolve);
    });
  const hello = next();
  await once(socket, 'open');
  return {
    socket,
    hello: await hello,
    ask: async (message) => {
      const answer = next();
      socket.send(message);
      return answer;
    },
  };
}

function testWorld(): World {
  return {
    clock: { nowNs: () => Math.round(performance.now() * 1e6), sleepUntil: async () => {} },
    rng: seededRng(7),
    log: () => {},
  };
}

function memoryRecorder(): {
  recorder: Recorder;
  calls: CacheCallRow[];
  origins: OriginRow[];
  answers: AnswerRow[];
} {
  const answers: AnswerRow[] = [];
  const calls: CacheCallRow[] = [];
  const origins: OriginRow[] = [];
  let id = 0;
  const recorder = {
    nextId: () => {
      id += 1;
      return id;
    },
    cacheCall: (row: CacheCallRow) => void calls.push(row),
    origin: (row: OriginRow) => void origins.push(row),
    answer: (row: AnswerRow) => void answers.push(row),
  };
  // The backend writes these tables only.
  return { recorder: recorder as unknown as Recorder, calls, origins, answers };
}
