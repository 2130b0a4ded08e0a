import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../model/target.ts';

/** Connections from one local address to one endpoint up to which Linux finds a free port at once. */
export const connectionsPerAddressMax = 5_000;

const addressesMax = 200;

/**
 * TCP connections to one endpoint; not more than about `connectionsPerAddressMax` of them from one local address, where that can be had.
 *
 * Linux offers about 28,000 local ports, and looks through one half of them before it touches the other: from some 14,000
 * connections between two addresses on, every further one costs a search through thousands of taken ports, and the whole process
 * stands still for seconds. On loopback all of 127.0.0.0/8 is ours, so the connections are spread over 127.0.0.1, 127.0.0.2 and so on.
 *
 * @param connections how many there will be at once
 * @param platform as in `process.platform`; only Linux answers to all of 127.0.0.0/8
 */
export function tcpConnector(
  { host, port }: Endpoint,
  { connections, platform }: { readonly connections: number; readonly platform: NodeJS.Platform },
): () => Socket {
  const canSpread = platform === 'linux' && host.startsWith('127.');
  const wanted = Math.ceil(connections / connectionsPerAddressMax);
  if (!canSpread || wanted <= 1) return () => connect({ host, port, noDelay: true });
  const addresses = Math.min(wanted, addressesMax);
  let opened = 0;
  return () => {
    opened += 1;
    const localAddress = `127.0.0.${1 + (opened % addresses)}`;
    return connect({ host, port, localAddress, noDelay: true });
  };
}
