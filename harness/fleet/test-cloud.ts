import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Population } from '../model/population.ts';

/** What a test may turn while the cloud runs. */
interface Twists {
  /** Called with method and path of every request of a viewer; a status refuses it, `hang` never answers. */
  answer: (request: string, userId: string | null) => 'serve' | 'hang' | number;
  /** The `x-request-id` of an answer to a viewer. */
  echo: (requestId: string, request: string) => string;
  /** Which picture is served where `eventId` was asked for. */
  pictureOf: (eventId: string) => string;
  /** The owner that a camera is told. */
  ownerOf: (deviceId: string, owner: string) => string;
  /** Called when a camera dials; a status refuses it, `hang` never says hello, a close code ends it before the hello. */
  camera: (deviceId: string) => 'serve' | 'hang' | number;
  /** What becomes of a camera's message. */
  message: (kind: 'heartbeat' | 'upload') => 'serve' | 'hang' | 'close';
}

/** A small camera cloud without a cache, on loopback: `docs/cloud-api.md`, written by hand for tests of the fleet. */
export interface TestCloud extends AsyncDisposable {
  readonly port: number;
  readonly twists: Twists;
  readonly camerasConnected: number;
  /** Ends every session: tokens given so far are unknown from now on. */
  forgetSessions(): void;
}

interface StoredEvent {
  readonly eventId: string;
  readonly deviceId: string;
  readonly kind: string;
  readonly version: number;
  readonly thumbnail: Buffer;
  readonly clip: Buffer;
}

const untwisted: Twists = {
  answer: () => 'serve',
  echo: (requestId) => requestId,
  pictureOf: (eventId) => eventId,
  ownerOf: (_deviceId, owner) => owner,
  camera: () => 'serve',
  message: () => 'serve',
};

export async function testCloud(population: Population): Promise<TestCloud> {
  const twists = { ...untwisted };
  const events = new Map<string, StoredEvent>();
  const sessions = new Map<string, string>();
  const ownerOf = new Map(population.devices.map(({ deviceId, ownerId }) => [deviceId, ownerId]));
  let logins = 0;

  const visible = (userId: string): StoredEvent[] =>
    [...events.values()].toReversed().filter(({ deviceId }) => {
      const device = population.devices.find((each) => each.deviceId === deviceId);
      return device?.ownerId === userId || device?.sharedWith.includes(userId) === true;
    });
  const page = (ids: readonly string[]): Buffer => {
    const parts = ids.map((eventId) => {
      const bytes = events.get(twists.pictureOf(eventId))?.thumbnail;
      const head = `--part\r\nx-event-id: ${eventId}\r\nx-status: ${bytes ? 200 : 404}\r\ncontent-type: image/jpeg\r\ncontent-length: ${bytes?.length ?? 0}\r\n\r\n`;
      return Buffer.concat([Buffer.from(head), bytes ?? Buffer.alloc(0), Buffer.from('\r\n')]);
    });
    return Buffer.concat([...parts, Buffer.from('--part--\r\n')]);
  };
  const serve = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    const url = new URL(request.url ?? '/', 'http://cloud');
    const userId = sessions.get((request.headers.authorization ?? '').replace('Bearer ', ''));
    const requestId = String(request.headers['x-request-id']);
    response.setHeader('x-request-id', twists.echo(requestId, url.pathname));
    if (userId !== undefined) response.setHeader('x-user-id', userId);
    const send = (status: number, bytes: Buffer | string, type = 'application/json'): void => {
      response.writeHead(status, {
        'content-type': type,
        'content-length': Buffer.byteLength(bytes),
      });
      response.end(bytes);
    };
    const fate = twists.answer(`${request.method} ${url.pathname}`, userId ?? null);
    if (fate === 'hang') return;
    if (fate !== 'serve') return send(fate, '{"error":"twisted"}');
    if (url.pathname === '/v1/sessions') {
      const account = JSON.parse(body) as { userId: string; password: string };
      if (account.password !== `password-of-${account.userId}`) return send(401, '{}');
      logins += 1;
      sessions.set(`token-${logins}`, account.userId);
      return send(201, JSON.stringify({ token: `token-${logins}`, userId: account.userId }));
    }
    if (userId === undefined) return send(401, '{"error":"no such session"}');
    if (url.pathname === '/v1/events') {
      const entries = visible(userId).slice(0, Number(url.searchParams.get('limit')));
      return send(
        200,
        JSON.stringify({
          events: entries.map(({ eventId, deviceId, kind, version }) => ({
            eventId,
            deviceId,
            kind,
            version,
          })),
        }),
      );
    }
    if (url.pathname === '/v1/thumbnails') {
      const ids = (url.searchParams.get('events') ?? '').split(',');
      return send(200, page(ids), 'multipart/mixed; boundary=part');
    }
    const [, asked, what] = /^\/v1\/events\/([^/]+)\/(picture|clip)$/.exec(url.pathname) ?? [];
    const event = events.get(twists.pictureOf(decodeURIComponent(asked ?? '')));
    if (event === undefined) return send(404, '{"error":"no such event"}');
    if (what === 'clip') return send(200, event.clip, 'video/x-motion-jpeg');
    send(200, event.thumbnail, 'image/jpeg');
  };

  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => serve(request, response, Buffer.concat(pieces).toString()));
  });
  const sockets = new WebSocketServer({ noServer: true });
  const talk = (socket: WebSocket, deviceId: string, requestId: string): void => {
    const owner = twists.ownerOf(deviceId, ownerOf.get(deviceId) ?? '');
    const say = (message: object): void =>
      socket.send(JSON.stringify({ deviceId, ownerId: owner, ...message }));
    socket.on('error', () => undefined);
    socket.on('message', (bytes: Buffer, isBinary) => {
      const fate = twists.message(isBinary ? 'upload' : 'heartbeat');
      if (fate === 'hang') return;
      if (fate === 'close') return socket.close(1013, 'try again later');
      if (!isBinary) {
        const { requestId } = JSON.parse(bytes.toString()) as { requestId: string };
        return say({ type: 'owner', requestId });
      }
      const headerEnd = 4 + bytes.readUInt32BE(0);
      const header = JSON.parse(bytes.toString('utf8', 4, headerEnd)) as StoredEvent & {
        readonly requestId: string;
        readonly thumbnailBytes: number;
      };
      const clipFrom = headerEnd + header.thumbnailBytes;
      const pictures = {
        thumbnail: bytes.subarray(headerEnd, clipFrom),
        clip: bytes.subarray(clipFrom),
      };
      events.set(header.eventId, { ...header, deviceId, ...pictures });
      say({ type: 'stored', requestId: header.requestId, eventId: header.eventId });
    });
    say({ type: 'hello', requestId });
  };
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    const deviceId = decodeURIComponent(/cameras\/([^/]+)/.exec(request.url ?? '')?.[1] ?? '');
    const requestId = String(request.headers['x-request-id']);
    const known = request.headers.authorization === `Device secret-of-${deviceId}`;
    const fate = known ? twists.camera(deviceId) : 401;
    if (typeof fate === 'number' && fate < 1_000) {
      socket.end(
        `HTTP/1.1 ${fate} No\r\nx-request-id: ${requestId}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (camera) => {
      if (fate === 'serve') talk(camera, deviceId, requestId);
      if (typeof fate === 'number') camera.close(fate, 'twisted');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    twists,
    get camerasConnected() {
      return sockets.clients.size;
    },
    forgetSessions: () => sessions.clear(),
    [Symbol.asyncDispose]: async () => {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
