import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../model/target.ts';

/** Asks a server one inline command and gives the first line of its answer (without CR LF), or a whole bulk string. */
export async function ask(
  { host, port }: Endpoint,
  { command, signal }: { readonly command: string; readonly signal: AbortSignal },
): Promise<string> {
  signal.throwIfAborted();
  const socket = connect({ host, port });
  try {
    return await new Promise<string>((resolve, reject) => {
      const abort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      socket.once('close', () => {
        signal.removeEventListener('abort', abort);
        reject(
          new Error(`${host}:${port} closed the connection without a whole answer to ${command}`),
        );
      });
      socket.once('error', reject);
      socket.once('connect', () => socket.write(`${command}\r\n`));
      readAnswer(socket, { resolve, reject });
    });
  } finally {
    socket.destroy();
  }
}

const answerBytesMax = 256 * 1024;

function readAnswer(
  socket: Socket,
  { resolve, reject }: { resolve: (answer: string) => void; reject: (error: Error) => void },
): void {
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    const answer = wholeAnswer(received);
    if (answer !== null) resolve(answer);
    else if (received.length > answerBytesMax)
      reject(new Error(`the answer has more than ${answerBytesMax} bytes: this is not a cache`));
  });
}

function wholeAnswer(received: string): string | null {
  const lineEnd = received.indexOf('\r\n');
  if (lineEnd < 0) return null;
  if (!received.startsWith('$')) return received.slice(0, lineEnd);
  const from = lineEnd + 2;
  const length = Number(received.slice(1, lineEnd));
  return received.length >= from + length ? received.slice(from, from + length) : null;
}
