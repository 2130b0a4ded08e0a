import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { CameraRow } from '../model/rows.ts';
import { runFleet } from './fleet.ts';
import type { Written } from './memory-recorder.ts';
import { allCamerasAt, fleetAgainst, smallPlan, smallPopulation, until } from './test-fleet.ts';

/** The first connection of a camera, as the server sees it before it has answered. */
interface Dialled {
  readonly socket: Duplex;
  readonly requestId: string;
  /** The right answer to the upgrade, without the hello. */
  readonly upgrade: Buffer;
  /** That answer with the right hello behind it. */
  readonly greeting: Buffer;
  /** Called when the camera dials again, before that is answered. */
  readonly atNextDial: (action: () => void) => void;
}
type Misbehaviour = (dialled: Dialled) => void;

const ownerId = 'user-1';
const deviceId = 'door-of-user-1';
/** A greeting is as long for every key. */
const greetingLength = greetingOf('any key', `${deviceId}.1`).length;

test('a greeting that is cut at any byte is an error, and the next attempt is told the truth', async () => {
  const offsets = Array.from({ length: greetingLength }, (_, offset) => offset);
  await inBatches(offsets, 50, async (offset) => {
    const { camera } = await live(({ greeting, socket }) => {
      const cut = (): unknown =>
        offset % 2 === 0 || !(socket instanceof Socket) ? socket.end() : socket.resetAndDestroy();
      socket.write(greeting.subarray(0, offset), cut);
    });
    expect(camera[0], `cut at ${offset}`).toMatchObject({ outcome: 'failed', toldOwnerId: null });
    expectTold(camera.at(-1));
  });
});

test('a greeting that is split at any byte is understood', async () => {
  const offsets = Array.from({ length: greetingLength - 1 }, (_, index) => index + 1);
  await inBatches(offsets, 50, async (offset) => {
    const { camera } = await live(({ greeting, socket }) => {
      socket.write(greeting.subarray(0, offset), () =>
        setTimeout(() => socket.write(greeting.subarray(offset)), 1),
      );
    });
    expect(camera, `split at ${offset}`).toHaveLength(1);
    expectTold(camera[0]);
  });
});

const wrongEcho = 'wrong-echo';
const oddities: readonly (readonly [string, Misbehaviour, Partial<CameraRow>])[] = [
  [
    'a hello for another request',
    ({ upgrade, socket, requestId }) =>
      void socket.write(Buffer.concat([upgrade, frame(padded('hello', `${requestId}0`, ownerId))])),
    { outcome: wrongEcho, toldOwnerId: null },
  ],
  [
    'two hellos',
    ({ greeting, socket, requestId }) =>
      void socket.write(Buffer.concat([greeting, frame(padded('hello', requestId, 'user-9'))])),
    { outcome: wrongEcho, toldOwnerId: ownerId },
  ],
  [
    'a hello that comes late, when the next connection is open',
    ({ upgrade, greeting, socket, atNextDial }) => {
      socket.write(upgrade);
      atNextDial(() => socket.write(greeting.subarray(upgrade.length)));
    },
    { outcome: 'expired', toldOwnerId: null },
  ],
  [
    'an answer to nothing behind the hello',
    ({ greeting, socket }) =>
      void socket.write(Buffer.concat([greeting, frame(padded('owner', 'nothing', 'user-9'))])),
    { outcome: wrongEcho, toldOwnerId: ownerId },
  ],
  [
    'an owner before the hello',
    ({ upgrade, socket, requestId }) =>
      void socket.write(Buffer.concat([upgrade, frame(padded('owner', requestId, 'user-9'))])),
    { outcome: 'failed', toldOwnerId: null },
  ],
  [
    'garbage instead of a frame',
    ({ upgrade, socket }) =>
      void socket.write(Buffer.concat([upgrade, Buffer.from([0xff, 0xff, 7, 7])])),
    { outcome: 'failed', toldOwnerId: null },
  ],
  [
    'garbage instead of HTTP',
    ({ socket }) => void socket.write('ohoi\r\n\r\n'),
    { outcome: 'failed', toldOwnerId: null },
  ],
  [
    'a hello that is no JSON',
    ({ upgrade, socket }) =>
      void socket.write(Buffer.concat([upgrade, frame('{"type":"hello"'.padEnd(130))])),
    { outcome: 'failed', toldOwnerId: null },
  ],
  [
    'the acceptance of another key',
    ({ socket, requestId }) => void socket.write(greetingOf('another key', requestId)),
    { outcome: 'failed', toldOwnerId: null },
  ],
  [
    'a refusal that echoes the request',
    ({ socket, requestId }) =>
      void socket.end(`HTTP/1.1 503 No\r\nx-request-id: ${requestId}\r\ncontent-length: 0\r\n\r\n`),
    { outcome: 'refused', code: 503 },
  ],
  [
    'a refusal of another request',
    ({ socket }) =>
      void socket.end('HTTP/1.1 503 No\r\nx-request-id: other\r\ncontent-length: 0\r\n\r\n'),
    { outcome: wrongEcho, code: 503 },
  ],
];

test.each(oddities)('never believed: %s', async (_, how, expected) => {
  const { camera, told } = await live(how, expected.outcome === 'expired' ? 100 : 2_000);
  expect(camera[0]).toMatchObject(expected);
  expect(camera.length).toBeGreaterThan(1);
  expectTold(camera.at(-1));
  expect(camera.every((row) => row.toldOwnerId === null || row.toldOwnerId === ownerId)).toBe(true);
  for (const row of told)
    expect(row).toMatchObject({ toldOwnerId: ownerId, toldDeviceId: deviceId });
});

/** One camera whose first connection is answered badly, and later ones rightly; ends with the first heartbeat that arrives. */
async function live(how: Misbehaviour, requestDeadlineMs = 2_000): Promise<Written> {
  const stop = new AbortController();
  await using server = await cameraServer(how, () => stop.abort(new Error('a heartbeat arrived')));
  const { users, devices } = smallPopulation();
  const one = { users, devices: devices.slice(0, 1) };
  const plan = {
    ...smallPlan(one, [allCamerasAt(0, 0), until(20_000)]),
    requestDeadlineMs,
    heartbeatMs: 20,
  };
  const { options, written } = fleetAgainst(server.port, plan);
  await expect(runFleet(options, stop.signal)).rejects.toThrow('a heartbeat arrived');
  return written;
}

async function cameraServer(
  how: Misbehaviour,
  onHeartbeat: () => void,
): Promise<AsyncDisposable & { port: number }> {
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer();
  const streams = new Set<Duplex>();
  let dials = 0;
  let nextDial: () => void = () => undefined;
  server.on('upgrade', (request, socket, head) => {
    streams.add(socket.on('error', () => undefined));
    dials += 1;
    nextDial();
    const requestId = String(request.headers['x-request-id']);
    const key = String(request.headers['sec-websocket-key']);
    if (dials > 1)
      return sockets.handleUpgrade(request, socket, head, (camera) => {
        camera.on('message', onHeartbeat);
        camera.send(message('hello', requestId));
      });
    // A heartbeat is a text frame; a goodbye is not.
    socket.on('data', (bytes: Buffer) => {
      if (bytes[0] === 0x81) onHeartbeat();
    });
    how({
      socket,
      requestId,
      upgrade: upgradeOf(key),
      greeting: greetingOf(key, requestId),
      atNextDial: (action) => {
        nextDial = action;
      },
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const stream of streams) stream.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function message(type: string, requestId: string, owner: string = ownerId): string {
  return JSON.stringify({ type, requestId, deviceId, ownerId: owner });
}

/** At least 126 bytes, from which on the frame's length takes two bytes. */
function padded(type: string, requestId: string, owner: string): string {
  return message(type, requestId, owner).padEnd(130);
}

/** The answer to an upgrade: RFC 6455, 4.2.2. */
function upgradeOf(key: string): Buffer {
  const accept = createHash('sha1')
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  return Buffer.from(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
  );
}

/** A text frame of a server: not masked, RFC 6455, 5.2. */
function frame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  return Buffer.concat([Buffer.from([0x81, 126, length >> 8, length & 0xff]), Buffer.from(text)]);
}

function greetingOf(key: string, requestId: string): Buffer {
  return Buffer.concat([upgradeOf(key), frame(padded('hello', requestId, ownerId))]);
}

function expectTold(row: CameraRow | undefined): void {
  const told = { toldOwnerId: ownerId, toldDeviceId: deviceId };
  expect(row).toMatchObject({ outcome: 'connected', ...told, closedNs: null });
}

async function inBatches(
  offsets: readonly number[],
  size: number,
  each: (offset: number) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < offsets.length; from += size)
    await Promise.all(offsets.slice(from, from + size).map(each));
}
