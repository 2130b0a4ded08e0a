import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { messageBytesMax } from './camera-messages.ts';

/** The close code of a connection that ended without one: RFC 6455, 7.4.1. */
export const abnormalClosure = 1006;

/** One WebSocket connection of a camera. It is destroyed together with the parser of its frames, and never opened again. */
export interface CameraLine {
  send(message: string | Buffer): void;
  /** At once and without a goodbye; the listener hears nothing more that counts. */
  destroy(): void;
}

/** Told what happens on a line. It knows which of its lines is the one that counts. */
export interface LineListener {
  /** The backend answered the upgrade with another status than 101. `echoed` is its `x-request-id`. */
  refused(line: CameraLine, status: number, echoed: string | null): void;
  heard(line: CameraLine, bytes: Buffer, isBinary: boolean): void;
  /** `code` is the WebSocket's close code; 1006 when the connection ended without one. */
  closed(line: CameraLine, code: number, says: string): void;
}

export interface DialOptions {
  /** For example `ws://127.0.0.1:8080/v1/cameras/device-1/connection`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connect: () => Duplex;
}

/** Dials. Never throws for a network's sake: what goes wrong is heard through `closed`. */
export function dialCamera(
  { url, headers, connect }: DialOptions,
  listener: LineListener,
): CameraLine {
  const stream = connect();
  const socket = new WebSocket(url, {
    headers,
    // Node asks for a stream here; the type asks for a net.Socket, which a stream of a virtual network is not.
    createConnection: () => stream as never,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: messageBytesMax,
  });
  const line: CameraLine = {
    send: (message) => socket.send(message),
    destroy: () => {
      // By a reset when it was held: a camera without power says no goodbye, and 20,000 connections that were ended in order
      // would hold 20,000 local ports for another minute, when the herd needs them.
      if (socket.readyState === WebSocket.OPEN && canReset(stream)) stream.resetAndDestroy();
      socket.terminate();
    },
  };
  socket.on('unexpected-response', (_request, { statusCode = 0, headers: answered }) => {
    const echoed = answered['x-request-id'];
    listener.refused(line, statusCode, echoed === undefined ? null : String(echoed));
  });
  socket.on('message', (bytes: Buffer, isBinary) => listener.heard(line, bytes, isBinary));
  // After a frame that it cannot read ws says goodbye and waits half a minute for an answer. For us the line is over.
  socket.on('error', (error) => listener.closed(line, abnormalClosure, error.message));
  socket.on('close', (code, reason) => {
    const says = code === abnormalClosure ? 'cut' : `closed: ${reason.toString()}`;
    listener.closed(line, code, says);
  });
  return line;
}

interface Resettable {
  resetAndDestroy(): unknown;
}

/** TCP can; a stream of a virtual network need not. */
function canReset(stream: Duplex): stream is Duplex & Resettable {
  return 'resetAndDestroy' in stream;
}
