import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createBackend } from '../../targets/backend/backend.ts';
import { memoryCache } from '../../targets/backend/memory-cache.ts';
import { multipartBody, multipartType, type Part } from '../../targets/backend/multipart.ts';
import type { Recorder } from '../model/rows.ts';
import { judge } from '../oracle/verdict.ts';
import { decodeJpeg } from '../processes/jpeg-decoder.ts';
import { literalRecord } from '../record/literal-record.ts';
import { transcoded } from '../thumbnail/test-transcoder.ts';
import { runFleet } from './fleet.ts';
import { readMultipart } from './multipart.ts';
import {
  allCamerasAt,
  everyoneAt,
  fleetAgainst,
  smallPlan,
  smallPopulation,
  until,
  worldFromNow,
} from './test-fleet.ts';

const population = smallPopulation({ viewers: 4, canaries: 1 });
/** The first visit fills the cache, and the second is answered from it. */
const plan = smallPlan(population, [
  allCamerasAt(0),
  everyoneAt(1_000),
  everyoneAt(2_000),
  until(3_000),
]);

test('behind a cloud that encodes every picture again, a crossed picture is seen by the oracle, and a right one is not suspected', async () => {
  const { cache, cloudPort, transcoderPort, close } = await openBoth();
  cache.cross('t:thumb:event-of-door-of-user-1-1', 't:thumb:event-of-door-of-user-3-1');
  const { options, written } = fleetAgainst(cloudPort, plan);
  const summary = await runFleet(
    { ...options, viewersAt: { host: '127.0.0.1', port: transcoderPort }, decodeJpeg },
    new AbortController().signal,
  );
  await close();
  const pictures = written.shown.filter(({ surface }) => surface !== 'list');
  expect(new Set(pictures.map(({ state }) => state))).toEqual(new Set(['recoded']));
  const crossed = pictures.filter(({ askedEventId, eventId }) => askedEventId !== eventId);
  expect(crossed.find(({ viewerId }) => viewerId === 'user-1')).toMatchObject({
    ownerId: 'user-3',
    deviceId: 'door-of-user-3',
    eventId: 'event-of-door-of-user-3-1',
    version: 1,
  });
  expect(pictures.length).toBeGreaterThan(crossed.length);
  expect(summary.suspicious).toBe(crossed.filter(({ swapped }) => !swapped).length);
  const folder = mkdtempSync(join(tmpdir(), 'crosswire-transcoding-'));
  try {
    using record = literalRecord({ folder, plan, shown: written.shown });
    const { findings } = judge(record, ['own-data-only', 'canary']);
    const [ownDataOnly, canary] = ['own-data-only', 'canary'].map((name) =>
      findings.find(({ check }) => check === name),
    );
    expect(ownDataOnly).toMatchObject({ outcome: 'fail' });
    expect(JSON.stringify(ownDataOnly)).toContain('user-1 was given door-of-user-3 of user-3');
    expect(canary).toMatchObject({ outcome: 'pass' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The reference cloud, and before it a server that crops, halves and encodes again every picture that it passes on to viewers. */
async function openBoth() {
  const cache = memoryCache();
  const cloud = await createBackend({
    world: worldFromNow(),
    cache,
    databasePath: ':memory:',
    recorder: quietRecorder,
    mitigations: [],
    keyPrefix: 't:',
    cacheTtlMs: 60_000,
  });
  await cloud.provision(population);
  const { port: cloudPort } = await cloud.listen({ host: '127.0.0.1', port: 0 });
  const server = createServer((request, response) => {
    passOn(request, response, cloudPort).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: transcoderPort } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await cloud[Symbol.asyncDispose]();
  };
  return { cache, cloudPort, transcoderPort, close };
}

async function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const headers = new Headers();
  for (const name of ['authorization', 'content-type', 'x-request-id', 'cookie']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  const answer = await fetch(`http://127.0.0.1:${port}${request.url ?? '/'}`, {
    method: request.method ?? 'GET',
    headers,
    ...(pieces.length === 0 ? {} : { body: Buffer.concat(pieces) }),
  });
  const { body, type } = recoded(
    new Uint8Array(await answer.arrayBuffer()),
    answer.headers.get('content-type'),
  );
  for (const name of ['x-request-id', 'x-user-id', 'set-cookie']) {
    const value = answer.headers.get(name);
    if (value !== null) response.setHeader(name, value);
  }
  response.writeHead(answer.status, { 'content-type': type, 'content-length': body.length });
  response.end(body);
}

function recoded(body: Uint8Array, type: string | null): { body: Uint8Array; type: string } {
  if (type?.startsWith('image/') === true || type?.startsWith('video/') === true)
    return { body: smaller(body), type };
  const page = readMultipart(type ?? undefined, body);
  if (page.state !== 'whole') return { body, type: type ?? 'application/octet-stream' };
  const parts = page.parts.map(({ eventId, status, bytes }) => ({
    eventId,
    status: status as Part['status'],
    bytes: status === 200 ? smaller(bytes) : bytes,
  }));
  return { body: multipartBody(parts), type: multipartType };
}

function smaller(picture: Uint8Array): Uint8Array {
  return transcoded(picture, { quality: 40, scale: 0.5, crop: 0.05 });
}

/** Of what the backend writes down, this test looks at nothing. */
const quietRecorder = {
  nextId: () => 1,
  cacheCall: () => {},
  origin: () => {},
  answer: () => {},
} as unknown as Recorder;
