/** Bytes of one command that are kept until it is complete. A longer one is forwarded as it comes, and no rule can answer it. */
const heldBackBytesMax = 1_048_576;

/** A piece of the chunk at hand. */
interface Piece {
  readonly from: number;
  readonly to: number;
}

/**
 * Decides which bytes of a client go on to the server. While a rule may answer commands itself, one is held back until it is
 * complete: only then is it known what it is. Everything that goes on does so in order.
 */
export class CommandGate {
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #chunk: Uint8Array = new Uint8Array();
  #from = 0;
  #forward: Uint8Array[] = [];
  /** Whether some of the command at hand has gone on already, so that the rest has to. */
  isBegun = false;

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /** First byte of the command that this piece is the end of. */
  firstByteOf({ from }: Piece): number {
    return this.#held[0]?.[0] ?? this.#chunk[from] ?? 0;
  }

  open(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#from = 0;
    this.#forward = [];
  }

  /** The end of a command that goes on. */
  pass(): void {
    this.isBegun = false;
    this.#letHeldGo();
  }

  /** The end of a command that does not. */
  drop({ from, to }: Piece): void {
    this.#forwardUntil(from);
    this.#from = to;
    this.#held = [];
    this.#heldBytes = 0;
  }

  /** A piece of a command that is not complete. */
  keep({ from, to }: Piece): void {
    if (this.isBegun) return;
    if (this.#heldBytes + to - from > heldBackBytesMax) {
      this.isBegun = true;
      this.#letHeldGo();
      return;
    }
    this.#forwardUntil(from);
    this.#held.push(this.#chunk.subarray(from, to));
    this.#heldBytes += to - from;
    this.#from = to;
  }

  /** @returns what goes on, in order */
  close(): readonly Uint8Array[] {
    this.#forwardUntil(this.#chunk.length);
    return this.#forward;
  }

  /** Takes out what was held back of a command that will not become complete. */
  takeHeld(): readonly Uint8Array[] {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }

  /** What is held back came in earlier chunks, so nothing of this one has gone on yet. */
  #letHeldGo(): void {
    if (this.#held.length > 0) this.#forward.push(...this.takeHeld());
  }

  #forwardUntil(to: number): void {
    if (to > this.#from) this.#forward.push(this.#chunk.subarray(this.#from, to));
    this.#from = Math.max(this.#from, to);
  }
}
