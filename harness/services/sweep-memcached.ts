import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../model/target.ts';
import type { PagesOptions, SweptPair } from './sweep-cache.ts';

/** Keys of one get: their values are held together, and a picture is 40 KB at most. */
const keysAtOnce = 50;
/** How long the server may say nothing. */
const silenceMsMax = 5_000;

/** `lru_crawler metadump all`, and `get` of what it names. Source: doc/protocol.txt of memcached; the form of a line was tried on 1.6.18. */
export async function* memcachedPages(
  { endpoint, prefix, keysMax }: PagesOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly SweptPair[]> {
  signal.throwIfAborted();
  const place = `${endpoint.host}:${endpoint.port}`;
  const socket = open(endpoint, signal);
  try {
    const input = createReader(socket, place);
    const keys: string[] = [];
    socket.write('lru_crawler metadump all\r\n');
    for (let line = await input.line(); line !== 'END'; line = await input.line()) {
      const key = /^key=(?<key>\S+) /.exec(line)?.groups?.['key'];
      if (key === undefined)
        throw new Error(`${place} answered lru_crawler metadump all with ${JSON.stringify(line)}`);
      const name = latin1Of(key);
      // One more than is read, so that it is seen that there are more.
      if (utf8(name).startsWith(prefix) && keys.length <= keysMax) keys.push(name);
    }
    for (let from = 0; from < keys.length; from += keysAtOnce) {
      const some = keys.slice(from, from + keysAtOnce);
      const values = new Map<string, Uint8Array>();
      socket.write(`get ${some.join(' ')}\r\n`, 'latin1');
      for (let line = await input.line(); line !== 'END'; line = await input.line()) {
        const [word, key, , bytes] = line.split(' ');
        if (word !== 'VALUE' || key === undefined)
          throw new Error(`${place} answered get with ${JSON.stringify(line)}`);
        values.set(key, await input.block(Number(bytes)));
      }
      yield some.map((key) => [utf8(key), values.get(key) ?? null]);
    }
  } finally {
    socket.destroy();
  }
}

function open({ host, port }: Endpoint, signal: AbortSignal): Socket {
  const socket = connect({ host, port, noDelay: true, signal });
  socket.setTimeout(silenceMsMax, () => {
    socket.destroy(new Error(`${host}:${port} said nothing for ${silenceMsMax} ms`));
  });
  return socket;
}

interface Reader {
  /** Without its end, one character a byte. */
  line(): Promise<string>;
  /** So many bytes, and the end of line behind them. */
  block(bytes: number): Promise<Uint8Array>;
}

function createReader(socket: Socket, place: string): Reader {
  const chunks: AsyncIterator<Buffer> = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);
  const more = async (): Promise<void> => {
    const { done, value } = await chunks.next();
    if (done === true) throw new Error(`${place} closed the connection while its keys were read`);
    rest = rest.length === 0 ? value : Buffer.concat([rest, value]);
  };
  return {
    line: async () => {
      let end = rest.indexOf('\n');
      while (end === -1) {
        await more();
        end = rest.indexOf('\n');
      }
      const line = rest.toString('latin1', 0, end);
      rest = rest.subarray(end + 1);
      return line.endsWith('\r') ? line.slice(0, -1) : line;
    },
    block: async (bytes) => {
      while (rest.length < bytes + 2) await more();
      const block = rest.subarray(0, bytes);
      rest = rest.subarray(bytes + 2);
      return block;
    },
  };
}

/** Keys are told as in a URI; a byte that is not UTF-8 by itself is told as one too. */
function latin1Of(encoded: string): string {
  return encoded.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString();
}
