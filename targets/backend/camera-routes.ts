import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { CameraDesk } from './camera-desk.ts';
import { type ChangingVisit, storeUpload } from './changes.ts';
import { Refusal } from './refusal.ts';
import { isId, isRequestId, readCameraMessage } from './upload.ts';
import { ownerOfDevice } from './visit.ts';

export interface CameraService {
  visit(requestId: string): ChangingVisit;
  readonly desk: CameraDesk;
  onUpload(): void;
}

/** Messages of one camera that wait for their turn; more of them end the connection. */
const waitingMax = 32;

/** WebSocket close codes: RFC 6455, 7.4.1, and the IANA registry for 1013. */
export const closeCodes = { refused: 1008, tryAgainLater: 1013 } as const;

type ConnectionRoute = { Params: { deviceId: string } };

/** The cameras' side of `docs/cloud-api.md`. The owner is looked up before the upgrade, so that a refusal has a status. */
export function cameraRoutes(app: FastifyInstance, service: CameraService): void {
  const owners = new WeakMap<object, string>();
  app.get<ConnectionRoute>(
    '/v1/cameras/:deviceId/connection',
    {
      websocket: true,
      preValidation: async (request) => {
        if (!request.ws) throw new Refusal(400, 'this is for an upgrade to WebSocket');
        owners.set(request.raw, await admit(service.visit(request.id), request));
      },
    },
    (socket, request) => {
      const { deviceId } = request.params;
      const ownerId = owners.get(request.raw);
      service.desk.arrived(deviceId, socket);
      socket.once('close', () => service.desk.left(deviceId, socket));
      attend(socket, service, deviceId);
      say(socket, { type: 'hello', requestId: request.id, deviceId, ownerId });
    },
  );
}

/** Answers with the owner of the camera that asks. Refuses with 401, 404 or 503. */
async function admit(
  visit: ChangingVisit,
  request: FastifyRequest<ConnectionRoute>,
): Promise<string> {
  const { deviceId } = request.params;
  const secret = isId(deviceId) ? visit.truth.deviceSecret(deviceId) : undefined;
  if (secret === undefined) throw new Refusal(404, 'no such device');
  if (request.headers.authorization !== `Device ${secret}`)
    throw new Refusal(401, 'not the secret of this device');
  return ownerOfDevice(visit, deviceId);
}

/** Answers a camera's messages one after the other, in their order. */
function attend(socket: WebSocket, service: CameraService, deviceId: string): void {
  let waiting = 0;
  let turn = Promise.resolve();
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    const sent = isBinary ? readCameraMessage(data) : undefined;
    // A frame waits for no turn: somebody is looking.
    if (sent !== undefined && 'frame' in sent) {
      service.desk.seen(socket, sent.requestId, sent.frame);
      return;
    }
    if (waiting === waitingMax) {
      socket.close(closeCodes.refused, `more than ${waitingMax} messages wait for an answer`);
      return;
    }
    waiting += 1;
    turn = answerAfter(turn, async () => {
      if (sent !== undefined) await takeUpload(socket, service, { deviceId, upload: sent });
      else await takeText(socket, service, { deviceId, data });
      waiting -= 1;
    });
  });
}

async function answerAfter(earlier: Promise<void>, answer: () => Promise<void>): Promise<void> {
  await earlier;
  await answer();
}

type Sent = Exclude<ReturnType<typeof readCameraMessage>, { readonly frame: Uint8Array }>;

async function takeUpload(
  socket: WebSocket,
  service: CameraService,
  { deviceId, upload }: { readonly deviceId: string; readonly upload: Sent },
): Promise<void> {
  const { requestId } = upload;
  if (requestId === null || 'odd' in upload) {
    say(socket, {
      type: 'failed',
      requestId,
      error: 'odd' in upload ? upload.odd : 'no requestId',
    });
    return;
  }
  try {
    const ownerId = await storeUpload(service.visit(requestId), deviceId, upload);
    service.onUpload();
    say(socket, { type: 'stored', requestId, deviceId, ownerId, eventId: upload.eventId });
  } catch (error) {
    say(socket, { type: 'failed', requestId, error: saysOf(error) });
  }
}

async function takeText(
  socket: WebSocket,
  service: CameraService,
  { deviceId, data }: { readonly deviceId: string; readonly data: Buffer },
): Promise<void> {
  const requestId = heartbeatId(data);
  if (requestId === undefined) {
    socket.close(closeCodes.refused, 'a text message is a heartbeat with a requestId');
    return;
  }
  try {
    const ownerId = await ownerOfDevice(service.visit(requestId), deviceId);
    say(socket, { type: 'owner', requestId, deviceId, ownerId });
  } catch (error) {
    const gone = error instanceof Refusal && error.status === 404;
    socket.close(gone ? closeCodes.refused : closeCodes.tryAgainLater, saysOf(error));
  }
}

function heartbeatId(data: Buffer): string | undefined {
  try {
    const { type, requestId } = JSON.parse(data.toString()) as Record<
      'type' | 'requestId',
      unknown
    >;
    return type === 'heartbeat' && isRequestId(requestId) ? requestId : undefined;
  } catch {
    return undefined;
  }
}

function say(socket: WebSocket, message: object): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
}

function saysOf(error: unknown): string {
  return error instanceof Refusal ? error.message : 'the backend failed';
}
