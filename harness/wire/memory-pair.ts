import type { WireSocket } from './wire-socket.ts';

export interface MemoryPairOptions {
  /** How many bytes the next read takes at most. */
  readonly readBytesMax?: () => number;
  /** Unread bytes from which on `write` says that it has enough. */
  readonly unreadBytesMax?: number;
  /** True for a system that takes no more: `taken` is never called. */
  readonly holdsTaken?: boolean;
}

/**
 * A connection in memory: two ends, first in, first out in each direction. It is as strict as a system may be: a reset takes with
 * it what its peer has not read, and bytes for an end that was destroyed, whether unread or new, are answered by a reset.
 * Nothing is delivered within a call, only in a later microtask.
 */
export function memoryPair(options: MemoryPairOptions = {}): [MemorySocket, MemorySocket] {
  const left = new MemorySocket(options);
  const right = new MemorySocket(options);
  left.peer = right;
  right.peer = left;
  return [left, right];
}

type Listener = (argument: never) => void;

export class MemorySocket implements WireSocket {
  peer: MemorySocket | null = null;
  readonly #readBytesMax: () => number;
  readonly #unreadBytesMax: number;
  readonly #holdsTaken: boolean;
  readonly #listeners = new Map<string, Listener[]>();
  #unread: Uint8Array = new Uint8Array();
  #isPaused = false;
  #hasEnded = false;
  #peerHasEnded = false;
  #isEndRead = false;
  #isDestroyed = false;
  #mustDrain = false;
  #isPumping = false;

  constructor({ readBytesMax, unreadBytesMax, holdsTaken }: MemoryPairOptions) {
    this.#holdsTaken = holdsTaken ?? false;
    this.#readBytesMax = readBytesMax ?? ((): number => Infinity);
    this.#unreadBytesMax = unreadBytesMax ?? Infinity;
  }

  get unreadBytes(): number {
    return this.#unread.length;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    if (event === 'data') this.#pump();
    return this;
  }

  write(bytes: Uint8Array, taken?: (error?: Error | null) => void): boolean {
    const { peer } = this;
    if (peer === null || this.#isDestroyed || this.#hasEnded) {
      queueMicrotask(() => taken?.(new Error('written after the end')));
      return false;
    }
    if (peer.#isDestroyed) queueMicrotask(() => this.#beReset());
    peer.#receive(bytes);
    if (!this.#holdsTaken) queueMicrotask(() => taken?.(null));
    this.#mustDrain = peer.#unread.length >= peer.#unreadBytesMax;
    return !this.#mustDrain;
  }

  end(): void {
    if (this.#hasEnded || this.#isDestroyed) return;
    this.#hasEnded = true;
    const { peer } = this;
    if (peer !== null) {
      peer.#peerHasEnded = true;
      peer.#pump();
    }
    this.#closeWhenOver();
  }

  destroy(): void {
    if (this.#unread.length > 0) {
      this.resetAndDestroy();
      return;
    }
    this.end();
    this.#close();
  }

  resetAndDestroy(): void {
    if (this.#isDestroyed) return;
    this.#close();
    if (this.peer !== null) this.peer.#beReset();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#pump();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isDestroyed) return;
    const whole = new Uint8Array(this.#unread.length + bytes.length);
    whole.set(this.#unread);
    whole.set(bytes, this.#unread.length);
    this.#unread = whole;
    this.#pump();
  }

  #pump(): void {
    if (this.#isPumping || !this.#listeners.has('data')) return;
    this.#isPumping = true;
    queueMicrotask(() => {
      this.#isPumping = false;
      if (this.#isPaused || this.#isDestroyed) return;
      if (this.#unread.length > 0) this.#readSome();
      else if (this.#peerHasEnded) this.#readEnd();
    });
  }

  #readSome(): void {
    const chunk = this.#unread.subarray(0, this.#readBytesMax());
    this.#unread = this.#unread.subarray(chunk.length);
    this.#emit('data', chunk);
    const { peer } = this;
    if (peer !== null && peer.#mustDrain && this.#unread.length < this.#unreadBytesMax) {
      peer.#mustDrain = false;
      peer.#emit('drain');
    }
    this.#pump();
  }

  #readEnd(): void {
    if (this.#isEndRead) return;
    this.#isEndRead = true;
    this.#emit('end');
    this.#closeWhenOver();
  }

  #beReset(): void {
    if (this.#isDestroyed) return;
    this.#unread = new Uint8Array();
    this.#emit('error', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    this.#close();
  }

  #closeWhenOver(): void {
    if (this.#hasEnded && this.#isEndRead) this.#close();
  }

  #close(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    queueMicrotask(() => this.#emit('close'));
  }

  #emit(event: string, argument?: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(argument as never);
  }
}
