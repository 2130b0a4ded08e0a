import type { Recorder, WireRow } from '../model/rows.ts';
import type { Nanoseconds } from '../model/world.ts';
import { joinedBytes } from './joined-bytes.ts';
import type { InPlace } from './rule-set.ts';

/** A command whose reply has not been settled. */
export interface Outstanding {
  readonly position: number;
  readonly burst: Burst;
  readonly burstPlace: number;
  readonly command: string;
  readonly key: string | null;
  /** Pieces of the value that it stores under its key; null when it stores none. */
  readonly value: readonly Uint8Array[] | null;
  readonly commandNs: Nanoseconds;
  /** False for one whose replies cannot be counted: behind it the connection is no longer paired. */
  readonly isPaired: boolean;
  /** What a rule answers it with; null when it was forwarded. */
  readonly inPlace: InPlace | null;
}

/** Commands that were complete in one read. The size is known before any reply can be, and grows only within that read. */
export interface Burst {
  readonly ordinal: number;
  size: number;
}

/** A reply that has come in whole. */
export interface Answer {
  readonly to: Outstanding;
  readonly type: string | null;
  readonly bytes: number;
  readonly payload: readonly Uint8Array[] | null;
}

export interface ReplyLogOptions {
  readonly connection: number;
  readonly recorder: Pick<Recorder, 'nextId' | 'wire'>;
  readonly digest: (bytes: Uint8Array) => string;
  /** Which camera's picture a payload is, or null; must look at a few bytes only. Without it no row says so. */
  readonly peek?: (payload: Uint8Array) => string | null;
}

type Reply = Pick<
  WireRow,
  'replyNs' | 'replyType' | 'replyBytes' | 'replyDigest' | 'pictureDeviceId'
>;

/** Writes one row a command of one connection, when it is known what became of its reply. */
export class ReplyLog {
  readonly #options: ReplyLogOptions;

  constructor(options: ReplyLogOptions) {
    this.#options = options;
  }

  /** `atNs` is when the reply was handed to the client. */
  delivered(answer: Answer, atNs: Nanoseconds): void {
    this.#arrived(answer, atNs, { fate: 'delivered', faultId: null });
  }

  held(answer: Answer, atNs: Nanoseconds, faultId: string): void {
    this.#arrived(answer, atNs, { fate: 'held', faultId });
  }

  /** The reply was cut after some of its bytes; those are what `replyBytes` counts. */
  cutInside(answer: Answer, atNs: Nanoseconds, faultId: string): void {
    const reply = { replyNs: atNs, replyType: answer.type, replyBytes: answer.bytes };
    const unread = { replyDigest: null, pictureDeviceId: null };
    this.#write(answer.to, { ...reply, ...unread }, 'cut-inside', faultId);
  }

  /** Nothing of the reply reached the client. */
  never(to: Outstanding, fate: 'cut' | 'lost', faultId: string | null): void {
    this.#write(to, noReply, fate, faultId);
  }

  /** Its replies pass, if there are any, and are not looked at. */
  unpaired(to: Outstanding): void {
    this.#write(to, noReply, 'delivered', null);
  }

  #arrived(answer: Answer, atNs: Nanoseconds, end: Pick<WireRow, 'fate' | 'faultId'>): void {
    const { inPlace } = answer.to;
    const fate = inPlace === null ? end.fate : 'refused';
    this.#write(answer.to, this.#replyOf(answer, atNs), fate, inPlace?.faultId ?? end.faultId);
  }

  #replyOf({ type, bytes, payload }: Answer, replyNs: Nanoseconds): Reply {
    const reply = { replyNs, replyType: type, replyBytes: bytes };
    if (payload === null) return { ...reply, replyDigest: null, pictureDeviceId: null };
    const whole = joinedBytes(payload);
    const replyDigest = this.#digestOf([whole]);
    return { ...reply, replyDigest, pictureDeviceId: this.#options.peek?.(whole) ?? null };
  }

  #digestOf(pieces: readonly Uint8Array[]): string {
    return this.#options.digest(joinedBytes(pieces)).slice(0, digestDigits);
  }

  #write(to: Outstanding, reply: Reply, fate: WireRow['fate'], faultId: string | null): void {
    const { recorder, connection } = this.#options;
    recorder.wire({
      id: recorder.nextId('wire'),
      connection,
      position: to.position,
      burst: to.burst.ordinal,
      burstPlace: to.burstPlace,
      command: to.command,
      key: to.key,
      valueDigest: to.value === null ? null : this.#digestOf(to.value),
      commandNs: to.commandNs,
      replyNs: reply.replyNs,
      replyType: reply.replyType,
      replyBytes: reply.replyBytes,
      replyDigest: reply.replyDigest,
      pictureDeviceId: reply.pictureDeviceId,
      fate,
      faultId,
    });
  }
}

const digestDigits = 16;
const noReply: Reply = {
  replyNs: null,
  replyType: null,
  replyBytes: null,
  replyDigest: null,
  pictureDeviceId: null,
};
