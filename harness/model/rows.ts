import type { CutKind } from './fault.ts';
import type { Reading } from './stamp.ts';

/**
 * What a run writes down, table by table. All times are nanoseconds since the start of the run on the machine's one
 * monotonic clock. Every row gets an `id` from its writer; ids are unique within a table of one record.
 */

/** One request of a viewer or an upload or login. */
export interface OpRow {
  readonly id: number;
  readonly actorKind: 'viewer' | 'camera';
  /** userId or deviceId; empty for somebody who names no user. */
  readonly actorId: string;
  readonly canary: boolean;
  readonly kind: OpKind;
  /** Sent as `x-request-id`; the answer must echo it. */
  readonly requestId: string;
  /** The moment the plan wanted it sent. */
  readonly intendedNs: number;
  /** The moment it was sent; null when it never was (the generator was late or had no room). */
  readonly sentNs: number | null;
  /** The moment it ended, one way or the other; null when it never settled. */
  readonly doneNs: number | null;
  readonly outcome: OpOutcome;
  /** HTTP status, or null when none arrived. */
  readonly status: number | null;
  /** Whom the backend said it served (`x-user-id`), or null when it said nothing. */
  readonly toldUserId: string | null;
  /** Event that was asked for or uploaded, where one was. */
  readonly askedEventId: string | null;
  /** Device whose live view was asked for, or that was to be shared. */
  readonly askedDeviceId: string | null;
  /** Version of the event that was uploaded; null for everything else. */
  readonly version: number | null;
  /** What the request showed of who sends it. */
  readonly credential: Credential;
  /** The user whose session a `Set-Cookie` of the answer hands over, or null when there was none. */
  readonly cookieUserId: string | null;
  /** What the answer said in `x-cache` of a shared HTTP cache, or null when it said nothing. */
  readonly webCache: string | null;
  readonly error: string | null;
}

/** `session`: with a session, or the password for a new one. `none`: sent without a session. `ended`: with a session that the backend has ended, or a token that never was one. */
export type Credential = 'session' | 'none' | 'ended';

/** `share`: a change of who may see a device, asked for without a right to; rightful ones are rows of `change`. */
export type OpKind =
  | 'login'
  | 'logout'
  | 'list'
  | 'thumbnails'
  | 'enlarge'
  | 'clip'
  | 'live'
  | 'share'
  | 'upload';

/**
 * `ok`: answered with a 2xx. `refused`: answered with an error status. `failed`: the connection failed or was cut.
 * `expired`: not answered within the deadline. `unsent`: the generator could not send it. `wrong-echo`: the answer named another
 * request's id, so its body is not judged: the fault is the generator's or an intermediary's.
 */
export type OpOutcome = 'ok' | 'refused' | 'failed' | 'expired' | 'unsent' | 'wrong-echo';

/** One picture or list entry that a viewer was given: what the bytes said, beside what was asked. */
export interface ShownRow {
  readonly id: number;
  readonly opId: number;
  /** As `OpRow.actorId`. */
  readonly viewerId: string;
  readonly canary: boolean;
  /** True when the harness itself swapped these bytes, on purpose. */
  readonly swapped: boolean;
  readonly surface: 'list' | 'thumbnail' | 'enlarge' | 'clip' | 'live';
  readonly requestedNs: number;
  readonly shownNs: number;
  readonly askedEventId: string | null;
  /** Device whose live view was asked for. */
  readonly askedDeviceId: string | null;
  readonly state: Reading['state'];
  /** From the head stamp, the code of a recoded picture or the list entry; null when nothing could be read. */
  readonly ownerId: string | null;
  readonly deviceId: string | null;
  readonly eventId: string | null;
  readonly version: number | null;
  /** From the tail stamp of a blended picture. */
  readonly tailDeviceId: string | null;
  readonly bytes: number;
  /** First 16 hexadecimal digits of the SHA-1 of the bytes, where they are not those of what was asked for; null otherwise. */
  readonly digest: string | null;
}

/** Offending bytes, kept beside a picture of what was asked for. `mime` is `image/jpeg` for both. */
export interface EvidenceRow {
  readonly id: number;
  readonly shownId: number;
  readonly shown: Uint8Array;
  /** Rendered again from what was asked; null when that cannot be known. */
  readonly asked: Uint8Array | null;
}

/** One attempt of a camera to be connected. */
export interface CameraRow {
  readonly id: number;
  readonly deviceId: string;
  /** Counts from 1 within one device. */
  readonly attempt: number;
  readonly plannedNs: number;
  readonly startedNs: number | null;
  /** When the backend told it its owner; null when that never came. */
  readonly toldNs: number | null;
  readonly toldOwnerId: string | null;
  /** Which device the backend said it was talking to. */
  readonly toldDeviceId: string | null;
  readonly closedNs: number | null;
  readonly outcome: 'connected' | 'refused' | 'failed' | 'expired' | 'wrong-echo';
  /** HTTP status of a refusal, or WebSocket close code. */
  readonly code: number | null;
  readonly error: string | null;
}

/** A camera was told its owner again on a connection it already held (an answer to its heartbeat or upload). */
export interface ToldRow {
  readonly id: number;
  readonly deviceId: string;
  readonly atNs: number;
  readonly toldDeviceId: string;
  readonly toldOwnerId: string;
  readonly surface: 'heartbeat' | 'upload';
}

/** A change of who may see a device, made by its owner while the run goes on. */
export interface ChangeRow {
  readonly id: number;
  readonly kind: 'share' | 'unshare' | 'transfer' | 'remove';
  readonly deviceId: string;
  /** The owner who asked for it. */
  readonly byUserId: string;
  /** Who gains or loses; null for a removal. */
  readonly otherUserId: string | null;
  readonly requestId: string;
  readonly requestedNs: number;
  /** When it was answered; null when it never was. */
  readonly doneNs: number | null;
  /** Only `ok` says that it was made; after anything else but `unsent` it may have been made or not. */
  readonly outcome: OpOutcome;
}

/** One thing that the backend answered with, as it left the backend: what the library handed over is in `cache_call`. */
export interface AnswerRow {
  readonly id: number;
  readonly requestId: string;
  /** Whom the backend believed it served. */
  readonly userId: string;
  /** From 0: the place in a page of pictures. */
  readonly place: number;
  readonly askedEventId: string | null;
  /** First 16 hexadecimal digits of the SHA-1 of the bytes. */
  readonly digest: string;
  readonly atNs: number;
}

/** One thing that was stored when calm was over, read by the harness itself, beside everything under test. */
export interface SweepRow {
  readonly id: number;
  readonly store: 'cache' | 'database';
  /** Key in the cache, or the same word for what the database has. */
  readonly key: string;
  readonly atNs: number;
  /** What could be read from a picture; null for what is none. */
  readonly state: Reading['state'] | null;
  /** Named by the picture's head stamp; null for what is none. */
  readonly ownerId: string | null;
  readonly deviceId: string | null;
  readonly eventId: string | null;
  readonly version: number | null;
  /** Named by the tail stamp of a blended picture. */
  readonly tailDeviceId: string | null;
  /** The value itself where it is text of at most 16,384 bytes; null otherwise. */
  readonly value: string | null;
  readonly bytes: number;
  /** First 16 hexadecimal digits of the SHA-1 of the value. */
  readonly digest: string;
}

/** What the backend asked of the library, a row a key, and what it was given. */
export interface CacheCallRow {
  readonly id: number;
  /** Rows of one getMany share it. */
  readonly callId: number;
  /** The viewer's or camera's request that caused it. */
  readonly requestId: string | null;
  readonly call: 'get' | 'getMany' | 'getOrLoad' | 'set' | 'delete';
  readonly key: string;
  readonly startedNs: number;
  readonly doneNs: number;
  readonly outcome: 'hit' | 'miss' | 'stored' | 'deleted' | 'error';
  readonly bytes: number | null;
  /** First 16 hexadecimal digits of the SHA-1 of the value. */
  readonly digest: string | null;
  readonly error: string | null;
}

/** One load from the source of truth. */
export interface OriginRow {
  readonly id: number;
  readonly key: string;
  readonly atNs: number;
  readonly requestId: string | null;
  /** First 16 hexadecimal digits of the SHA-1 of what was loaded; null when there was nothing. */
  readonly digest: string | null;
}

/** One command and its reply, as they passed. */
export interface WireRow {
  readonly id: number;
  /** Ordinal of the client's connection, from 1, over the whole run. */
  readonly connection: number;
  /** Ordinal of the command on its connection, from 1. */
  readonly position: number;
  /** Commands that arrived in one read of the client's stream share a burst; ordinal on the connection, from 1. */
  readonly burst: number;
  /** Place within the burst, from 1. */
  readonly burstPlace: number;
  /** Upper case, for example `GET`; `?` for bytes that could not be parsed. */
  readonly command: string;
  readonly key: string | null;
  /** First 16 hexadecimal digits of the SHA-1 of the value that the command stores under its key; null for commands that store none. */
  readonly valueDigest: string | null;
  readonly commandNs: number;
  readonly replyNs: number | null;
  /** First byte of a RESP reply, for example `$`; first word of a memcached reply, or its status in binary; status of an HTTP response. */
  readonly replyType: string | null;
  readonly replyBytes: number | null;
  /** First 16 hexadecimal digits of the SHA-1 of the reply's payload: for a bulk string the same as `CacheCallRow.digest`. */
  readonly replyDigest: string | null;
  /** Whose picture the payload is, by its unchecked head stamp; null for what is no picture. */
  readonly pictureDeviceId: string | null;
  /** `refused`: the command was not forwarded, and a rule answered it with an error. */
  readonly fate: 'delivered' | 'cut' | 'cut-inside' | 'held' | 'lost' | 'refused';
  /** The rule that decided the fate. */
  readonly faultId: string | null;
}

/** One connection through the wire. */
export interface WireConnectionRow {
  readonly id: number;
  readonly connection: number;
  /** Which port of the wire it came to, from 1: one a node of a cluster, and one in all otherwise. */
  readonly door: number;
  readonly openedNs: number;
  readonly closedNs: number;
  readonly closedBy: 'client' | 'server' | 'rule' | 'end';
  readonly how: CutKind | null;
  readonly faultId: string | null;
  /** Commands whose replies were still outstanding when it closed. */
  readonly outstanding: number;
}

export interface PhaseRow {
  readonly id: number;
  readonly name: string;
  readonly fromNs: number;
  readonly toNs: number | null;
}

export interface FaultRow {
  readonly id: number;
  readonly faultId: string;
  /** The `Fault` as JSON. */
  readonly fault: string;
  readonly onNs: number;
  readonly offNs: number | null;
  /** How often it acted: kills done, connections cut, replies held, connections refused. */
  readonly bit: number;
}

/** What the unchecked flood measured of itself; one row per flood step. */
export interface FloodRow {
  readonly id: number;
  readonly fromNs: number;
  readonly toNs: number;
  readonly requests: number;
  readonly errors: number;
  readonly non2xx: number;
  readonly latencyMsP50: number;
  readonly latencyMsP99: number;
}

/** The header of a record. `state` is `running` until everything was joined, so a record cut short cannot look whole. */
export interface RunRow {
  readonly format: 1;
  readonly state: 'running' | 'complete' | 'interrupted' | 'failed';
  /** Why it is not complete; empty when it is. */
  readonly reason: string;
  readonly scenario: string;
  readonly seed: number;
  readonly target: string;
  readonly targetVersion: string;
  readonly cache: string;
  /** The `Plan` as JSON. */
  readonly plan: string;
  /** Versions of node, crosswire and the operating system, and the mitigations, as JSON. */
  readonly environment: string;
  /** Wall clock at the start, ISO 8601. For people; nothing is computed from it. */
  readonly startedAt: string;
}

/** What the writer of one process accepts. Rows are buffered and written in batches; nothing here throws: a full disk is told once, through `onFailure` of the writer. */
export interface Recorder {
  nextId(table: RecordTable): number;
  op(row: OpRow): void;
  shown(row: ShownRow): void;
  evidence(row: EvidenceRow): void;
  camera(row: CameraRow): void;
  told(row: ToldRow): void;
  change(row: ChangeRow): void;
  answer(row: AnswerRow): void;
  sweep(row: SweepRow): void;
  cacheCall(row: CacheCallRow): void;
  origin(row: OriginRow): void;
  wire(row: WireRow): void;
  wireConnection(row: WireConnectionRow): void;
  phase(row: PhaseRow): void;
  fault(row: FaultRow): void;
  flood(row: FloodRow): void;
}

export type RecordTable =
  | 'op'
  | 'shown'
  | 'evidence'
  | 'camera'
  | 'told'
  | 'change'
  | 'answer'
  | 'sweep'
  | 'cache_call'
  | 'origin'
  | 'wire'
  | 'wire_connection'
  | 'phase'
  | 'fault'
  | 'flood';
