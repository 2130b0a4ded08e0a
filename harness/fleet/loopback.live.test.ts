import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { connectionsPerAddressMax, tcpConnector } from './loopback.ts';

test('a few connections come from one address, as usual', async () => {
  expect(await addressesOf({ connections: 2_500, platform: 'linux' })).toEqual(['127.0.0.1']);
});

test('very many are spread over loopback, where that is all ours', async ({ skip }) => {
  skip(process.platform !== 'linux', 'only Linux answers to all of 127.0.0.0/8');
  const found = await addressesOf({
    connections: 4 * connectionsPerAddressMax,
    platform: process.platform,
  });
  expect(found).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4']);
});

test('elsewhere they all come from one', async () => {
  const connections = 4 * connectionsPerAddressMax;
  expect(await addressesOf({ connections, platform: 'darwin' })).toEqual(['127.0.0.1']);
});

async function addressesOf(
  options: Parameters<typeof tcpConnector>[1],
): Promise<(string | undefined)[]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connect = tcpConnector({ host: '127.0.0.1', port }, options);
  const sockets = Array.from({ length: 8 }, connect);
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const addresses = [...new Set(sockets.map(({ localAddress }) => localAddress))];
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
  return addresses.toSorted((one, other) => String(one).localeCompare(String(other)));
}
