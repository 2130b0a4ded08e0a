import type { Duplex } from 'node:stream';
import type { World } from '../model/world.ts';
import type { Command, ServerView } from './command.ts';
import { commandTable } from './command-table.ts';
import { dispatch, runCommand } from './dispatch.ts';
import type { Keyspace } from './keyspace.ts';
import { encodeReply, errorReply } from './reply.ts';
import { createRequestReader, type Request } from './request.ts';
import { createSession, type Session } from './session.ts';
import { endTransaction } from './transaction-commands.ts';

/** A RESP server without sockets: it is handed connections, and answers as redis-server 7.0 does. */
export interface RespServer {
  /** Serves one connection until it ends. The address, `host:port`, is what CLIENT LIST and CLIENT KILL know it by. */
  accept(connection: Duplex, address?: string): void;
  /** Ends all connections. */
  close(): void;
}

export interface RespServerOptions {
  readonly world: Pick<World, 'clock' | 'log'>;
  readonly keyspace: Keyspace;
  /** More connections than this are refused. 10,000 unless told, as in Redis. */
  readonly connectionsMax?: number;
}

/** Replies are sent when this much has gathered, and at the end of what was received. */
const gatheredBytesMax = 64 * 1024;

/** Serves a keyspace over any duplex streams. Holds no timer and no state beyond its connections. */
export function serveResp({
  world,
  keyspace,
  connectionsMax = 10_000,
}: RespServerOptions): RespServer {
  const sessions = new Set<Session>();
  const startNs = world.clock.nowNs();
  let opened = 0;
  let processed = 0;
  const server: ServerView = {
    commands: commandTable,
    sessions,
    nowNs: () => world.clock.nowNs(),
    startNs,
    commandsProcessed: () => processed,
    execute: (session: Session, command: Command, words: readonly Buffer[]) =>
      runCommand({ keyspace, server, session }, command, words),
  };
  const answer = (session: Session, words: readonly Buffer[]): Buffer => {
    processed += 1;
    session.lastCommandNs = world.clock.nowNs();
    return dispatch({ session, keyspace, server }, words);
  };
  return {
    accept: (connection, address = '') => {
      if (sessions.size >= connectionsMax) {
        connection.on('error', () => undefined);
        connection.end('-ERR max number of clients reached\r\n');
        return;
      }
      opened += 1;
      const session = createSession({
        id: opened,
        address,
        openedNs: world.clock.nowNs(),
        close: () => connection.destroy(),
      });
      sessions.add(session);
      converse(connection, {
        answer: (words) => answer(session, words),
        isClosing: () => session.isClosing,
        log: world.log,
      });
      connection.once('close', () => {
        endTransaction({ session, keyspace });
        sessions.delete(session);
      });
    },
    close: () => {
      for (const session of sessions) session.close();
    },
  };
}

interface Conversation {
  readonly answer: (words: readonly Buffer[]) => Buffer;
  readonly isClosing: () => boolean;
  readonly log: (line: string) => void;
}

type Outcome = 'next' | 'wait' | 'stop';

/** Reads requests and writes replies in their order. A client that does not read its replies is not read from either. */
function converse(connection: Duplex, { answer, isClosing, log }: Conversation): void {
  const reader = createRequestReader();
  let gathered: Buffer[] = [];
  let gatheredBytes = 0;
  let hasEnded = false;

  const send = (): boolean => {
    if (gathered.length === 0) return true;
    const bytes = gathered.length === 1 ? gathered[0] : Buffer.concat(gathered);
    gathered = [];
    gatheredBytes = 0;
    return connection.write(bytes);
  };
  const reply = (bytes: Buffer): boolean => {
    gathered.push(bytes);
    gatheredBytes += bytes.length;
    return gatheredBytes < gatheredBytesMax || send();
  };
  const finish = (): void => {
    hasEnded = true;
    send();
    connection.end();
  };
  const step = (request: Request): Outcome => {
    if (request.state === 'incomplete') return 'stop';
    if (request.state === 'broken') {
      reply(encodeReply(errorReply(request.error), 2));
      finish();
      return 'stop';
    }
    if (request.arguments.length === 0) return 'next';
    if (isForeign(request.arguments)) {
      log(
        'embedded RESP server: an HTTP request was sent to the cache port; the connection is closed',
      );
      hasEnded = true;
      connection.destroy();
      return 'stop';
    }
    const canGoOn = reply(answer(request.arguments));
    if (isClosing()) {
      finish();
      return 'stop';
    }
    return canGoOn ? 'next' : 'wait';
  };
  const serveAll = (): void => {
    let outcome: Outcome = 'next';
    while (outcome === 'next') outcome = step(reader.next());
    if (hasEnded) return;
    if (outcome === 'wait' || !send()) wait();
  };
  const wait = (): void => {
    connection.pause();
    connection.once('drain', () => {
      connection.resume();
      serveAll();
    });
  };
  connection.on('data', (bytes: Buffer) => {
    if (hasEnded) return;
    reader.push(bytes);
    serveAll();
  });
  // A client that goes away by a reset is ordinary here: it is what the harness makes clients do.
  connection.on('error', () => connection.destroy());
  connection.on('end', () => {
    if (!hasEnded) finish();
  });
}

/** A web page that posts to the port must not be able to run commands: Redis closes on these words too. */
function isForeign([first]: readonly Buffer[]): boolean {
  const word =
    first?.length === 4 || first?.length === 5 ? first.toString('latin1').toLowerCase() : '';
  return word === 'post' || word === 'host:';
}
