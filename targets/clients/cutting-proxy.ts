import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Endpoint } from '../../harness/model/target.ts';

/** Stands before a server and can end a connection between two replies of a burst of gets, once, when told to. */
export interface CuttingProxy extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** The next burst of at least `burst` gets receives `replies` whole replies, then the connection ends with FIN. */
  cutAfter(cut: { readonly replies: number; readonly burst: number }): void;
  /** How often it has cut. */
  cuts(): number;
}

/** For bulk strings in RESP2 and RESP3 alike; every reply of the burst must be one. */
export async function startCuttingProxy(server: Endpoint): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let armed: { replies: number; burst: number } | undefined;
  let cuts = 0;
  const proxy = createServer((client) => {
    const upstream = connect(server);
    let cut: { replies: number; received: Buffer } | undefined;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        (socket === client ? upstream : client).destroy();
      });
    }
    client.on('data', (bytes: Buffer) => {
      if (armed !== undefined && getsIn(bytes) >= armed.burst) {
        cut = { replies: armed.replies, received: Buffer.alloc(0) };
        armed = undefined;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes: Buffer) => {
      if (cut === undefined) {
        client.write(bytes);
        return;
      }
      cut.received = Buffer.concat([cut.received, bytes]);
      const end = endOfReplies(cut.received, cut.replies);
      if (end === undefined) return;
      cuts += 1;
      client.end(cut.received.subarray(0, end));
      upstream.removeAllListeners('data');
    });
  });
  proxy.listen(0, server.host);
  await once(proxy, 'listening');
  const { port } = proxy.address() as { port: number };
  return {
    endpoint: { host: server.host, port },
    cutAfter: (cut) => {
      armed = { ...cut };
    },
    cuts: () => cuts,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

function getsIn(bytes: Buffer): number {
  return bytes.toString('latin1').match(/\r\nget\r\n/gi)?.length ?? 0;
}

function endOfReplies(bytes: Buffer, replies: number): number | undefined {
  let offset = 0;
  for (let reply = 0; reply < replies; reply += 1) {
    const lineEnd = bytes.indexOf('\r\n', offset);
    if (lineEnd === -1) return undefined;
    offset = lineEnd + 2 + Number(bytes.toString('latin1', offset + 1, lineEnd)) + 2;
  }
  return offset <= bytes.byteLength ? offset : undefined;
}
