import { chmod, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Availability } from '../model/service.ts';
import { processProvider } from './process.ts';
import { askOnce, openBench } from './provider-bench.ts';

const path = process.env['PATH'] ?? '';
const never = new AbortController().signal;
const { state, says } = await processProvider({
  path,
  scratchDirectory: '/',
  onProcess: () => undefined,
}).available();

describe.skipIf(state === 'missing')(
  `a redis-server process${state === 'missing' ? ` (${says})` : ''}`,
  () => {
    test('starts empty, says what it is, and leaves no process and no file behind', async () => {
      await using bench = await openBench();
      {
        await using service = await processProvider({ path, ...bench }).start(never);
        expect(service.says).toMatch(
          /^(?:redis|valkey)-server \d+\.\d+\.\d+ \(own process, port \d+\)$/,
        );
        expect(service.says).toContain(String(service.endpoint.port));
        expect(await askOnce(service, 'DBSIZE')).toBe(':0\r\n');
        expect(service.processIds).toEqual(bench.processIds);
        expect(bench.running()).toHaveLength(1);
      }
      expect(bench.running()).toEqual([]);
      expect(await readdir(bench.scratchDirectory)).toEqual([]);
    });

    test('is gone after a kill and comes back empty', async () => {
      await using bench = await openBench();
      await using service = await processProvider({ path, ...bench }).start(never);
      await askOnce(service, 'SET', 'a', '1');
      await service.kill();
      expect(bench.running()).toEqual([]);
      expect(service.processIds).toEqual([]);
      await expect(askOnce(service, 'PING')).rejects.toThrow('ECONNREFUSED');
      await service.kill();
      await service.restart(never);
      expect(await askOnce(service, 'GET', 'a')).toBe('$-1\r\n');
      expect(bench.running()).toEqual(service.processIds);
      expect(bench.processIds).toHaveLength(2);
    });

    test('is killed, and the abort is what start rejects with, when it is aborted while it starts', async () => {
      await using bench = await openBench();
      const abort = new AbortController();
      const provider = processProvider({
        ...bench,
        path,
        onProcess: (processId) => {
          bench.onProcess(processId);
          abort.abort(new Error('stopped by hand'));
        },
      });
      await expect(provider.start(abort.signal)).rejects.toThrow('stopped by hand');
      expect(bench.processIds).toHaveLength(1);
      expect(bench.running()).toEqual([]);
    });

    test('is not left behind when it is disposed while it starts again', async () => {
      await using bench = await openBench();
      const disposed = Promise.withResolvers<void>();
      const onProcess = (processId: number): void => {
        bench.onProcess(processId);
        if (bench.processIds.length === 2) disposed.resolve(service[Symbol.asyncDispose]());
      };
      const service = await processProvider({ ...bench, path, onProcess }).start(never);
      const restart = service.restart(never).then(() => 'restarted', String);
      await disposed.promise;
      expect(bench.running()).toEqual([]);
      expect(await restart).toContain('disposed while it was starting again');
      expect(bench.processIds).toHaveLength(2);
      await expect(service.restart(never)).rejects.toThrow('was disposed');
    });

    test("says in the server's own words why it did not come up on a port that is taken", async () => {
      await using bench = await openBench();
      await using taken = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
      await new Promise((resolve) => {
        taken.once('listening', resolve);
      });
      const port = (taken.address() as { port: number }).port;
      const start = processProvider({ path, ...bench, port }).start(never);
      await expect(start).rejects.toThrow(
        /did not serve on 127\.0\.0\.1:\d+ .*exit code 1.*Address already in use/s,
      );
      expect(bench.running()).toEqual([]);
    });

    test('is not mistaken for another server that already answers on its port', async () => {
      await using bench = await openBench();
      await using other = await processProvider({ path, ...bench }).start(never);
      await using second = await openBench();
      const start = processProvider({ path, ...second, port: other.endpoint.port }).start(never);
      await expect(start).rejects.toThrow('Address already in use');
      expect(await askOnce(other, 'PING')).toBe('+PONG\r\n');
    });
  },
);

test('a server that ends at once is reported with its last lines', async () => {
  await using bench = await openBench();
  await bench.script('echo "reading the configuration"; echo "no such luck" >&2; exit 3');
  const start = processProvider({ ...bench, path: bench.scratchDirectory }).start(never);
  await expect(start).rejects.toThrow(
    /^redis-server 9\.9\.9 did not serve on .* within 10000 ms: it ended with exit code 3; its last lines were:\n.*no such luck/s,
  );
});

test('a server that never answers is killed when its time is over', async () => {
  await using bench = await openBench();
  await bench.script('echo "thinking"; exec sleep 60');
  const provider = processProvider({ ...bench, path: bench.scratchDirectory, startMsMax: 300 });
  await expect(provider.start(never)).rejects.toThrow(
    /within 300 ms: it did not answer; its last lines were:\nthinking/,
  );
  expect(bench.processIds).toHaveLength(1);
  expect(bench.running()).toEqual([]);
});

test('a program that cannot run is passed over, and named when there is no other', async () => {
  await using bench = await openBench();
  await bench.script('');
  const file = `${bench.scratchDirectory}/redis-server`;
  await writeFile(file, 'not a program');
  await chmod(file, 0o755);
  const availability = await processProvider({
    ...bench,
    path: bench.scratchDirectory,
  }).available();
  expect(availability).toMatchObject({
    state: 'missing',
    says: expect.stringContaining('--version'),
  });
});

test('a PATH without a server says what to install', async () => {
  await using bench = await openBench();
  expect(await processProvider({ ...bench, path: bench.scratchDirectory }).available()).toEqual({
    state: 'missing',
    says: 'neither redis-server nor valkey-server is on PATH',
    needs: 'install redis or valkey, so that redis-server or valkey-server is on PATH',
  });
});

test('of redis and valkey the one that is asked for is taken, and the other one is not good enough', async () => {
  await using bench = await openBench();
  await bench.script('', 'valkey-server');
  const of = (service: 'redis' | 'valkey'): Promise<Availability> =>
    processProvider({ ...bench, path: bench.scratchDirectory, spec: { service } }).available();
  expect(await of('valkey')).toEqual({
    state: 'available',
    says: `valkey-server 9.9.9 (${bench.scratchDirectory}/valkey-server)`,
  });
  expect(await of('redis')).toEqual({
    state: 'missing',
    says: 'redis-server is not on PATH',
    needs: 'install redis, so that redis-server is on PATH',
  });
});
