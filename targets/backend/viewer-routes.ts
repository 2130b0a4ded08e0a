import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type ChangingVisit,
  removeDevice,
  shareDevice,
  transferDevice,
  unshareDevice,
} from './changes.ts';
import { multipartBody, multipartType } from './multipart.ts';
import { Refusal } from './refusal.ts';
import { noSessionCookie, sessionCookie, tokenShown, userNamedIn } from './sessions.ts';
import { listedEventsMax } from './source-of-truth.ts';
import { isId } from './upload.ts';
import { listEvents, readPicture, readThumbnails, requireSight, userOfSession } from './visit.ts';

/** What the routes are served from. */
export interface ViewerService {
  /** The signal aborts when whoever asked hangs up. */
  visit(requestId: string, hangUp: AbortSignal): ChangingVisit;
  /** Starts a session. Refuses with 401 for a wrong password. */
  login(visit: ChangingVisit, account: { userId: string; password: string }): Promise<string>;
  /** Ends a session. Refuses with 503 when it may go on. */
  logout(visit: ChangingVisit, token: string): Promise<void>;
  /** What a camera sees now. Refuses with 503 when it does not say. */
  look(deviceId: string): Promise<Uint8Array>;
  /** A device was removed. */
  onRemoved(deviceId: string): void;
  /** Told of every picture that is answered with, in the tick in which it leaves. */
  onAnswer(answered: Answered): void;
  /** Whether the name in a token is believed when the cache cannot say whose session it is: a flaw. */
  readonly failsOpen: boolean;
}

/** One picture or clip, and to what and whom it is the answer. */
export interface Answered {
  readonly requestId: string;
  readonly userId: string;
  /** From 0: the place in a page of pictures. */
  readonly place: number;
  readonly askedEventId: string | null;
  readonly bytes: Uint8Array;
}

/** Thumbnails that one page may ask for. */
const pageSizeMax = 100;

/** The people's side of `docs/cloud-api.md`. */
export function viewerRoutes(app: FastifyInstance, service: ViewerService): void {
  const authenticate: Authenticate = async (request, reply) =>
    authenticated(service, request, reply);
  sessionRoutes(app, service, authenticate);
  eventRoutes(app, service, authenticate);
  deviceRoutes(app, service, authenticate);
}

type Authenticate = (
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<{ readonly visit: ChangingVisit; readonly userId: string; readonly token: string }>;

function sessionRoutes(
  app: FastifyInstance,
  service: ViewerService,
  authenticate: Authenticate,
): void {
  app.post('/v1/sessions', async (request, reply) => {
    const { userId, password } = fieldsOf(request.body);
    if (!isId(userId) || typeof password !== 'string')
      throw new Refusal(400, 'userId and password are needed');
    const visit = service.visit(request.id, hangUpOf(reply));
    const token = await service.login(visit, { userId, password });
    reply.header('x-user-id', userId).header('set-cookie', sessionCookie(token));
    return reply.code(201).send({ token, userId });
  });
  app.delete('/v1/sessions/current', async (request, reply) => {
    const { visit, token } = await authenticate(request, reply);
    await service.logout(visit, token);
    return reply.code(204).header('set-cookie', noSessionCookie).send();
  });
}

function eventRoutes(
  app: FastifyInstance,
  { onAnswer }: ViewerService,
  authenticate: Authenticate,
): void {
  const open = (visit: ChangingVisit): void => {
    if (visit.mitigations.has('events-off')) throw new Refusal(503, 'the Events tab is closed');
  };
  app.get<{ Querystring: { limit?: unknown } }>('/v1/events', async (request, reply) => {
    const { visit, userId, token } = await authenticate(request, reply);
    open(visit);
    const events = await listEvents(visit, userId, limitOf(request.query.limit));
    // Whoever comes back stays logged in.
    return reply.header('set-cookie', sessionCookie(token)).send({ events });
  });
  app.get<{ Querystring: { events?: unknown } }>('/v1/thumbnails', async (request, reply) => {
    const { visit, userId } = await authenticate(request, reply);
    open(visit);
    const parts = await readThumbnails(visit, userId, pageOf(request.query.events));
    for (const [place, { eventId: askedEventId, status, bytes }] of parts.entries()) {
      if (status === 200) onAnswer({ requestId: request.id, userId, place, askedEventId, bytes });
    }
    return reply.type(multipartType).send(multipartBody(parts));
  });
  for (const { path, kind, type } of pictureRoutes) {
    app.get<{ Params: { eventId: string } }>(path, async (request, reply) => {
      const { visit, userId } = await authenticate(request, reply);
      open(visit);
      const eventId = idOf(request.params.eventId);
      const bytes = await readPicture(visit, userId, { kind, eventId });
      onAnswer({ requestId: request.id, userId, place: 0, askedEventId: eventId, bytes });
      return reply.type(type).send(asBuffer(bytes));
    });
  }
}

const pictureRoutes = [
  { path: '/v1/events/:eventId/picture', kind: 'thumbnail', type: 'image/jpeg' },
  { path: '/v1/events/:eventId/clip', kind: 'clip', type: 'video/x-motion-jpeg' },
] as const;

function deviceRoutes(
  app: FastifyInstance,
  { look, onAnswer, onRemoved }: ViewerService,
  authenticate: Authenticate,
): void {
  type Device = { Params: { deviceId: string } };
  app.get<Device>('/v1/devices/:deviceId/live', async (request, reply) => {
    const { visit, userId } = await authenticate(request, reply);
    const deviceId = idOf(request.params.deviceId);
    await requireSight(visit, userId, deviceId);
    const bytes = await look(deviceId);
    onAnswer({ requestId: request.id, userId, place: 0, askedEventId: null, bytes });
    return reply.type('image/jpeg').header('cache-control', 'no-store').send(asBuffer(bytes));
  });
  app.post<Device>('/v1/devices/:deviceId/shares', async (request, reply) => {
    const { visit, userId } = await authenticate(request, reply);
    const deviceId = idOf(request.params.deviceId);
    await shareDevice(visit, { userId, deviceId, with: idOf(fieldsOf(request.body).userId) });
    return reply.code(204).send();
  });
  app.delete<{ Params: { deviceId: string; userId: string } }>(
    '/v1/devices/:deviceId/shares/:userId',
    async (request, reply) => {
      const { visit, userId } = await authenticate(request, reply);
      const deviceId = idOf(request.params.deviceId);
      await unshareDevice(visit, { userId, deviceId, with: idOf(request.params.userId) });
      return reply.code(204).send();
    },
  );
  app.post<Device>('/v1/devices/:deviceId/transfer', async (request, reply) => {
    const { visit, userId } = await authenticate(request, reply);
    const deviceId = idOf(request.params.deviceId);
    await transferDevice(visit, { userId, deviceId, to: idOf(fieldsOf(request.body).userId) });
    return reply.code(204).send();
  });
  app.delete<Device>('/v1/devices/:deviceId', async (request, reply) => {
    const { visit, userId } = await authenticate(request, reply);
    const deviceId = idOf(request.params.deviceId);
    await removeDevice(visit, { userId, deviceId });
    onRemoved(deviceId);
    return reply.code(204).send();
  });
}

/** Says in `x-user-id` whom it believes to serve, also when it goes on to refuse. */
async function authenticated(
  service: ViewerService,
  request: FastifyRequest,
  reply: FastifyReply,
): ReturnType<Authenticate> {
  const token = tokenShown(request.headers);
  const visit = service.visit(request.id, hangUpOf(reply));
  const userId = await userOfSession(visit, token).catch((error: unknown) => {
    if (service.failsOpen && error instanceof Refusal && error.status === 503)
      return userNamedIn(token);
    throw error;
  });
  reply.header('x-user-id', userId);
  return { visit, userId, token };
}

/** Aborts when the connection ends before the answer was sent: nobody waits for what is being read any more. */
function hangUpOf(reply: FastifyReply): AbortSignal {
  const hangUp = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) hangUp.abort(new Error('whoever asked hung up'));
  });
  return hangUp.signal;
}

function fieldsOf(body: unknown): { readonly userId?: unknown; readonly password?: unknown } {
  return typeof body === 'object' && body !== null ? body : {};
}

function idOf(value: unknown): string {
  if (isId(value)) return value;
  throw new Refusal(400, 'an id is 1 to 128 letters, digits, dots, underscores and hyphens');
}

function limitOf(value: unknown): number {
  if (value === undefined) return 10;
  const limit = typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= listedEventsMax) return limit;
  throw new Refusal(400, `limit is a whole number from 1 to ${listedEventsMax}`);
}

function pageOf(value: unknown): readonly string[] {
  const ids = typeof value === 'string' ? value.split(',') : [];
  if (ids.length >= 1 && ids.length <= pageSizeMax && ids.every(isId)) return ids;
  throw new Refusal(400, `events names 1 to ${pageSizeMax} events, separated by commas`);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
