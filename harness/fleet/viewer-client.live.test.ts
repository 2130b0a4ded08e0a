import { once } from 'node:events';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Duplex } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Clock } from '../model/world.ts';
import { type Answer, type ViewerConnection, viewerConnection } from './viewer-client.ts';
import {
  type ContractCase,
  chunkedAnswer,
  cutsAtEveryByte,
  type HostileServer,
  hostileServer,
  oddities,
  rightAnswer,
  rightBody,
  splitsAtEveryByte,
  violationsOf,
} from './viewer-contract.ts';

const clock: Clock = {
  nowNs: () => performance.now() * 1e6,
  sleepUntil: () => Promise.reject(new Error('a viewer connection does not sleep')),
};

let server: HostileServer;
beforeAll(async () => {
  server = await hostileServer();
});
afterAll(() => server[Symbol.asyncDispose]());

test.each([
  ['content-length', rightAnswer],
  ['chunks', chunkedAnswer],
])(
  'an answer framed by %s and cut at any byte is an error, and the next ones are right',
  async (_, answerOf) => {
    expect(await violations(trusted, cutsAtEveryByte(answerOf))).toEqual([]);
  },
);

test.each([
  ['content-length', rightAnswer],
  ['chunks', chunkedAnswer],
])('an answer framed by %s and split at any byte is right', async (_, answerOf) => {
  expect(await violations(trusted, splitsAtEveryByte(answerOf))).toEqual([]);
});

test.each(oddities.map((oddity) => [oddity.name, oddity] as const))(
  'never a mis-pairing: %s',
  async (_, oddity) => {
    expect(await violations(trusted, [oddity])).toEqual([]);
  },
);

test('a client that pools timed-out connections is caught', async () => {
  const late = oddities.filter(({ name }) => name.startsWith('late'));
  const found = await violations(() => naive({ destroysAtDeadline: false }), late);
  expect(found.join('\n')).toContain('was given "the answer to late,');
});

test('a client that keeps its parser after a cut is caught', async () => {
  const found = await violations(
    () => naive({ destroysAtDeadline: true }),
    cutsAtEveryByte(rightAnswer).filter(({ name }) => name.startsWith('cut at 09')),
  );
  expect(found.join('\n')).toMatch(/was given .*HTTP\/1\.1 200 OK/);
});

test('a client that does not look at the echo is caught', async () => {
  const crossed = oddities.filter(({ name }) => name === 'the answer to another request');
  const found = await violations(() => naive({ destroysAtDeadline: true }), crossed);
  expect(found.join('\n')).toContain('was given "the answer to somebody-else');
});

test('right answers reuse one connection', async () => {
  let opened = 0;
  const connection = trusted(() => {
    opened += 1;
  });
  for (const requestId of ['one', 'two', 'three'])
    expect(bodyOf(await ask(connection, requestId))).toBe(rightBody(requestId));
  expect(opened).toBe(1);
  connection.close('the test is over');
});

test('bytes on an idle connection destroy it, and the next request connects anew', async () => {
  let opened = 0;
  const connection = trusted(() => {
    opened += 1;
  });
  const written = Promise.withResolvers<void>();
  server.misbehaveOnce(({ right, socket }) => {
    socket.write(right);
    // The unasked bytes are sent once the client has had its answer, and the socket's end shows that it hung up.
    socket.once('close', () => written.resolve());
    setTimeout(() => socket.write(rightAnswer('unasked')), 20);
  });
  expect(bodyOf(await ask(connection, 'first'))).toBe(rightBody('first'));
  await written.promise;
  expect(bodyOf(await ask(connection, 'second'))).toBe(rightBody('second'));
  expect(opened).toBe(2);
  connection.close('the test is over');
});

test('a destroyed connection that still hands over bytes is not heard', async () => {
  const streams: Duplex[] = [];
  const connection = viewerConnection({
    clock,
    authority: 'test',
    connect: () => {
      const stream = new Duplex({ read: () => undefined, write: (_bytes, _code, done) => done() });
      streams.push(stream);
      return stream;
    },
  });
  expect(await ask(connection, 'given up', 5)).toMatchObject({ kind: 'expired' });
  const second = ask(connection, 'second');
  const forged = rightAnswer('second').toString().replace('whole to its end', 'from another line');
  streams[0]?.emit('data', Buffer.from(forged));
  streams[1]?.push(rightAnswer('second'));
  expect(bodyOf(await second)).toBe(rightBody('second'));
  connection.close('the test is over');
});

test('a connection that was idle for longer than its limit is replaced', async () => {
  let opened = 0;
  let nowNs = 0;
  const connection = viewerConnection({
    clock: { ...clock, nowNs: () => nowNs },
    authority: 'test',
    idleMsMax: 3_000,
    connect: () => {
      opened += 1;
      return connect(server.port, '127.0.0.1');
    },
  });
  await ask(connection, 'one');
  nowNs += 2_999e6;
  await ask(connection, 'two');
  expect(opened).toBe(1);
  nowNs += 3_001e6;
  await ask(connection, 'three');
  expect(opened).toBe(2);
  connection.close('the test is over');
});

test('closing fails the open request with the given reason', async () => {
  const connection = trusted();
  const arrived = Promise.withResolvers<void>();
  server.misbehaveOnce(() => arrived.resolve());
  const answer = ask(connection, 'never answered');
  await arrived.promise;
  connection.close('interrupted');
  expect(await answer).toMatchObject({ kind: 'failed', says: 'interrupted' });
});

test('a refused connection is an error that says so', async () => {
  const closed = await hostileServer();
  const { port } = closed;
  await closed[Symbol.asyncDispose]();
  const connection = viewerConnection({
    clock,
    authority: 'test',
    connect: () => connect(port, '127.0.0.1'),
  });
  const answer = await ask(connection, 'one');
  expect(answer.kind === 'failed' && answer.says).toContain('ECONNREFUSED');
});

test('an answer that came while the loop was busy past the deadline is not called late', async () => {
  const connection = trusted();
  await ask(connection, 'connected');
  const answered = Promise.withResolvers<void>();
  server.misbehaveOnce(({ right, socket }) => {
    socket.write(right, () => answered.resolve());
  });
  const answer = ask(connection, 'in time', 60);
  await answered.promise;
  const until = performance.now() + 90;
  while (performance.now() < until);
  expect(bodyOf(await answer)).toBe(rightBody('in-time'));
  connection.close('the test is over');
});

test('a second request on a busy connection and a header that would split are refused', async () => {
  const connection = trusted();
  const open = ask(connection, 'one');
  expect(() => ask(connection, 'two')).toThrow('one request at a time');
  await open;
  const request = { method: 'GET', path: '/', deadlineMs: 100 } as const;
  expect(() => connection.request({ ...request, requestId: 'a\r\nb: c' })).toThrow('ASCII');
  expect(() => connection.request({ ...request, requestId: 'a', path: '/a b' })).toThrow('encode');
  connection.close('the test is over');
});

function trusted(onConnect: () => void = () => undefined): ViewerConnection {
  return viewerConnection({
    clock,
    authority: 'test',
    connect: () => {
      onConnect();
      return connect({ port: server.port, host: '127.0.0.1', noDelay: true });
    },
  });
}

async function violations(
  open: () => ViewerConnection,
  cases: readonly ContractCase[],
): Promise<string[]> {
  const found: string[] = [];
  const connection = open();
  for (const each of cases) found.push(...(await violationsOf(connection, server, each)));
  connection.close('the test is over');
  return found;
}

function ask(connection: ViewerConnection, label: string, deadlineMs = 2_000): Promise<Answer> {
  const requestId = label.replaceAll(' ', '-');
  return connection.request({ method: 'GET', path: '/', requestId, deadlineMs });
}

function bodyOf(answer: Answer): unknown {
  return answer.kind === 'answered' ? Buffer.from(answer.body).toString() : answer;
}

/**
 * Broken on purpose, as real clients were: the bytes of all connections go through one buffer that is never reset, nobody looks at the
 * echo, and at a deadline the connection may go back to the pool.
 */
function naive({ destroysAtDeadline }: { destroysAtDeadline: boolean }): ViewerConnection {
  let socket = connect(server.port, '127.0.0.1');
  let buffer = '';
  let open: ((answer: Answer) => void) | undefined;
  const moments = { sentNs: 0, doneNs: 0 };
  const settle = (answer: Answer): void => {
    open?.(answer);
    open = undefined;
  };
  const listen = (): void => {
    socket.on('data', (bytes) => {
      buffer += bytes.toString('latin1');
      const end = buffer.indexOf('\r\n\r\n');
      const length = Number(/content-length: ([0-9]+)/.exec(buffer)?.[1] ?? 0);
      if (end === -1 || buffer.length < end + 4 + length) return;
      const body = Buffer.from(buffer.slice(end + 4, end + 4 + length));
      buffer = buffer.slice(end + 4 + length);
      settle({
        kind: 'answered',
        status: 200,
        headers: new Map(),
        body,
        keepsAlive: true,
        ...moments,
      });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => settle({ kind: 'failed', says: 'closed', ...moments }));
  };
  listen();
  return {
    request: async ({ requestId, deadlineMs }) => {
      if (socket.destroyed || socket.readableEnded) {
        socket = connect(server.port, '127.0.0.1');
        listen();
        await once(socket, 'connect');
      }
      const { promise, resolve } = Promise.withResolvers<Answer>();
      open = resolve;
      const timer = setTimeout(() => {
        if (destroysAtDeadline) socket.destroy();
        settle({ kind: 'expired', says: 'late', ...moments });
      }, deadlineMs);
      socket.write(`GET / HTTP/1.1\r\nx-request-id: ${requestId}\r\n\r\n`);
      return promise.finally(() => clearTimeout(timer));
    },
    close: () => socket.destroy(),
  };
}
