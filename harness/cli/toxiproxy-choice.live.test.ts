import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { containerProvider } from '../services/container.ts';
import { openBench } from '../services/provider-bench.ts';
import { toxiproxyProvider } from '../services/toxiproxy.ts';
import { startCrosswire } from './crosswire-process.ts';
import type { Reaper } from './reaper-handle.ts';
import { toxiproxyChoice, toxiproxyFor } from './toxiproxy-choice.ts';

// Within a container testcontainers looks for ports on a bridge, and not on loopback, where crosswire publishes them.
process.env['TESTCONTAINERS_HOST_OVERRIDE'] ??= '127.0.0.1';
process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';

const never = new AbortController().signal;
const image = 'crosswire-local/toxiproxy:latest';
const reaper: Reaper = {
  watchProcess: () => undefined,
  watchFolder: () => undefined,
  watchContainer: () => undefined,
  end: () => Promise.resolve(),
};

describe('a word for a Toxiproxy', () => {
  test.for([
    'process',
    'container',
    'container:my/own:1.2',
    'http://127.0.0.1:8474',
    'http://localhost',
    'http://[::1]:8474/',
  ])('%s is understood', (word) => {
    expect(toxiproxyChoice(word, [])).toBe(word);
  });

  test.for([
    ['binary', 'takes process, container, container:IMAGE or http://host:port, got "binary"'],
    ['https://127.0.0.1', 'takes process, container'],
    ['http://me@127.0.0.1', 'takes process, container'],
    ['http://127.0.0.1/proxies', 'takes process, container'],
    ['http://toxiproxy.internal:8474', 'add --allow-host toxiproxy.internal if that is meant'],
  ])('%s is refused', ([word, says]) => {
    expect(() => toxiproxyChoice(word, [])).toThrow(says);
  });

  test('another host is taken when it is allowed', () => {
    const word = 'http://toxiproxy.internal:8474';
    expect(toxiproxyChoice(word, ['toxiproxy.internal'])).toBe(word);
  });
});

describe('one that runs already', () => {
  test('is taken, and nothing is left in it', async (context) => {
    await using bench = await openBench();
    const own = toxiproxyProvider({ path: process.env['PATH'] ?? '', ...bench });
    const { state, says } = await own.available();
    if (state === 'missing') context.skip(says);
    await using server = await own.start(never);
    const url = `http://127.0.0.1:${server.endpoint.port}`;
    const provider = await toxiproxyFor(url, reaper);
    expect(provider.name).toBe('external');
    await using service = await provider.start(never);
    expect(service).toMatchObject({
      says: `Toxiproxy at ${url} (yours)`,
      endpoint: server.endpoint,
    });
    await expect(service.kill()).rejects.toThrow('is yours and will not be killed');
    expect(await (await fetch(`${url}/proxies`)).json()).toEqual({});
  });

  test('is refused when its proxies are not on this machine', async () => {
    // As one behind a forwarded port is: it answers, and what it listens on is elsewhere.
    const far = createServer((request, response) => {
      const proxy = { name: 'x', listen: '127.0.0.1:1', upstream: '127.0.0.1:2', enabled: true };
      const isVersion = request.url === '/version';
      response.setHeader('content-type', 'application/json');
      response.statusCode = request.method === 'POST' ? 201 : 200;
      response.end(isVersion ? '{"version": "2.12.0"}' : JSON.stringify({ ...proxy, toxics: [] }));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      far.close();
    });
    await new Promise((resolve) => {
      far.once('listening', resolve);
    });
    const url = `http://127.0.0.1:${(far.address() as AddressInfo).port}`;
    await expect(toxiproxyFor(url, reaper)).rejects.toThrow(
      "does not pass on what is on this machine's loopback",
    );
  });
});

test('one in a container is taken when it is asked for', { timeout: 60_000 }, async (context) => {
  const spec = { service: 'toxiproxy' } as const;
  const { state, says } = await containerProvider({ spec, image }).available();
  if (state === 'missing' || says.includes('not here')) context.skip(says);
  const provider = await toxiproxyFor(`container:${image}`, reaper);
  expect(provider.name).toBe('container');
  await using service = await provider.start(never);
  expect(service.says).toContain(`container of ${image}`);
  const url = `http://127.0.0.1:${service.endpoint.port}/version`;
  expect((await fetch(url)).ok).toBe(true);
});

describe('crosswire run', () => {
  test.for([
    [
      '--faults toxiproxy --toxiproxy process',
      'toxiproxy-server is not on PATH; install Toxiproxy',
    ],
    ['--faults toxiproxy --toxiproxy http://127.0.0.1:1', 'http://127.0.0.1:1 does not answer'],
    ['--faults toxiproxy --toxiproxy http://192.0.2.7', '--allow-host 192.0.2.7'],
    ['--toxiproxy process', '--toxiproxy says which one, and is for --faults toxiproxy'],
  ])('%s ends with 64 and says why', async ([words = '', says]) => {
    await using bench = await openBench();
    const { code, stdout, stderr } = await startCrosswire(
      ['run', 'cache-brownout', '--target', 'ioredis', '--cache', 'embedded', ...words.split(' ')],
      { env: { PATH: bench.scratchDirectory }, cwd: bench.scratchDirectory },
    ).ended;
    expect(stderr).toContain(says);
    expect(stdout).not.toContain('serving');
    expect(code).toBe(64);
  });
});
