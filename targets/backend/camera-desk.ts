import type { WebSocket } from 'ws';
import { Refusal } from './refusal.ts';

/** The cameras that are connected to this process, and what they were asked for. */
export interface CameraDesk {
  /** The latest connection of a camera is the one that counts. */
  arrived(deviceId: string, socket: WebSocket): void;
  left(deviceId: string, socket: WebSocket): void;
  /** What the camera sees now. Refuses with 503 when it is not connected, goes away, or does not answer in time. */
  look(deviceId: string): Promise<Uint8Array>;
  /** A camera has sent a frame. False when nobody on this connection was asked for it. */
  seen(socket: WebSocket, requestId: string, frame: Uint8Array): boolean;
  /** Closes the connection of a device that is gone. */
  dismiss(deviceId: string, code: number): void;
}

/** Frames that one camera may be asked for at once. */
const looksMax = 16;

/** @param deadlineMs how long a camera has for a frame */
export function createCameraDesk({ deadlineMs }: { readonly deadlineMs: number }): CameraDesk {
  const connections = new Map<string, WebSocket>();
  const asked = new Map<WebSocket, Map<string, Look>>();
  let looks = 0;

  const end = (socket: WebSocket, requestId: string): Look | undefined => {
    const look = asked.get(socket)?.get(requestId);
    asked.get(socket)?.delete(requestId);
    if (look !== undefined) clearTimeout(look.timer);
    return look;
  };

  return {
    arrived: (deviceId, socket) => {
      connections.set(deviceId, socket);
      asked.set(socket, new Map());
    },
    left: (deviceId, socket) => {
      if (connections.get(deviceId) === socket) connections.delete(deviceId);
      for (const requestId of asked.get(socket)?.keys() ?? [])
        end(socket, requestId)?.reject(new Refusal(503, 'the camera went away'));
      asked.delete(socket);
    },
    look: async (deviceId) => {
      const socket = connections.get(deviceId);
      const open = socket === undefined ? undefined : asked.get(socket);
      if (socket === undefined || open === undefined || socket.readyState !== socket.OPEN)
        throw new Refusal(503, 'the camera is not connected');
      if (open.size === looksMax)
        throw new Refusal(503, `the camera is asked for ${looksMax} frames already`);
      looks += 1;
      // Of our own making: two people may give their requests one name.
      const requestId = `look-${looks}`;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          end(socket, requestId);
          reject(new Refusal(503, `the camera sent no frame within ${deadlineMs} ms`));
        }, deadlineMs);
        open.set(requestId, { resolve, reject, timer });
        socket.send(JSON.stringify({ type: 'frame-please', requestId }));
      });
    },
    seen: (socket, requestId, frame) => {
      const look = end(socket, requestId);
      look?.resolve(frame);
      return look !== undefined;
    },
    dismiss: (deviceId, code) => connections.get(deviceId)?.close(code, 'the device is gone'),
  };
}

interface Look {
  readonly resolve: (frame: Uint8Array) => void;
  readonly reject: (refusal: Refusal) => void;
  readonly timer: NodeJS.Timeout;
}
