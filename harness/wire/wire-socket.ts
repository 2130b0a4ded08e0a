/**
 * The part of a stream socket that the wire uses: `net.Socket` has it, and so has an end of a pair in memory. It is told
 * apart from a whole duplex on purpose, so that the wire runs wherever bytes do.
 */
export interface WireSocket {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'end' | 'drain' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** False when the socket has enough for now and will say `drain`. `taken` is called when the system has the bytes. */
  write(bytes: Uint8Array, taken?: (error?: Error | null) => void): boolean;
  /** FIN: nothing more will be written. The other direction stays open. */
  end(): unknown;
  /** Ends both directions at once. `close` follows. */
  destroy(): unknown;
  pause(): unknown;
  resume(): unknown;
  /** RST: the peer sees ECONNRESET. A socket that has no notion of it is destroyed instead. */
  resetAndDestroy?(): unknown;
}

/** Ends a socket so that its peer sees a reset. */
export function reset(socket: WireSocket): void {
  if (socket.resetAndDestroy === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

/** Pauses a socket for as long as there is at least one reason. */
export class Brake<Reason extends string> {
  readonly #socket: WireSocket;
  readonly #reasons = new Set<Reason>();

  constructor(socket: WireSocket) {
    this.#socket = socket;
  }

  set(reason: Reason, isOn: boolean): void {
    const wasPaused = this.#reasons.size > 0;
    if (isOn) this.#reasons.add(reason);
    else this.#reasons.delete(reason);
    const isPaused = this.#reasons.size > 0;
    if (isPaused && !wasPaused) this.#socket.pause();
    if (!isPaused && wasPaused) this.#socket.resume();
  }

  /** Every reason is gone. */
  release(): void {
    for (const reason of this.#reasons) this.set(reason, false);
  }
}
