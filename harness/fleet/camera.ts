import type { Duplex } from 'node:stream';
import type { Device } from '../model/population.ts';
import type { CameraRow, OpOutcome, Recorder } from '../model/rows.ts';
import type { Clock, Nanoseconds, Rng } from '../model/world.ts';
import { type BackOffState, freshBackOff, nextDelay } from '../plan/back-off.ts';
import type { Agenda, Sleeper } from './agenda.ts';
import { abnormalClosure, type CameraLine, dialCamera, type LineListener } from './camera-line.ts';
import {
  type BackendMessage,
  frameMessage,
  heartbeatMessage,
  readBackendMessage,
  type Upload,
  uploadMessage,
} from './camera-messages.ts';
import { type Told, writeAttempt, writeUpload } from './camera-rows.ts';
import type { EventBook } from './event-book.ts';
import type { Gate, Guest } from './gate.ts';
import type { Rights } from './rights.ts';
import type { Tally } from './tally.ts';

/** What all cameras of a fleet share, so that each of them holds little of its own. */
export interface CameraSurroundings {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly rng: Rng;
  readonly recorder: Recorder;
  readonly tally: Tally;
  /** Limits how many are connecting at once. */
  readonly gate: Gate;
  /** For example `127.0.0.1:8080`. */
  readonly authority: string;
  readonly connect: () => Duplex;
  readonly secretOf: (deviceId: string) => string;
  readonly heartbeatMs: number;
  readonly deadlineMs: number;
  /** Draws the camera's events and what it sees now. */
  readonly book: Pick<EventBook, 'next' | 'renewed' | 'live'>;
  readonly rights: Pick<Rights, 'ownerOf' | 'isChanging' | 'mayBeRemoved'>;
  /** With so many heartbeats a newer version of the last event is sent. */
  readonly renewShare: number;
  /** Called once, when the camera has ended for good. */
  readonly onEnded: () => void;
}

type State =
  | { readonly at: 'away' }
  /** Backing off until it dials again. */
  | { readonly at: 'waiting' }
  /** Due, and waiting for a free place at the gate. */
  | { readonly at: 'queued'; readonly plannedNs: Nanoseconds }
  | { readonly at: 'connecting'; readonly attempt: Attempt }
  | { readonly at: 'connected'; readonly attempt: Attempt; readonly told: Told }
  | { readonly at: 'ended' };

/** One connection, from dialling to its end. */
interface Attempt {
  readonly ordinal: number;
  readonly requestId: string;
  readonly plannedNs: Nanoseconds;
  readonly startedNs: Nanoseconds;
  readonly line: CameraLine;
  nextHeartbeatNs: Nanoseconds;
  heartbeats: number;
  /** Sent and not answered: at most one heartbeat and one upload. */
  open: readonly Open[];
}

interface Open {
  readonly kind: 'heartbeat' | 'upload';
  readonly requestId: string;
  readonly eventId: string | null;
  readonly version: number | null;
  readonly sentNs: Nanoseconds;
  readonly deadlineNs: Nanoseconds;
}

interface How {
  readonly outcome: CameraRow['outcome'];
  readonly error: string | null;
  readonly code?: number;
}

/**
 * A camera: dials, is told its owner, says every so often that it is there, uploads when asked to, and dials again by its own
 * policy after whatever ended the connection. A connection that was cut, late or odd is destroyed with the parser of its
 * frames and never used again; an answer that names no open request is a `wrong-echo` and nothing in it is believed.
 */
export class Camera implements Sleeper, Guest, LineListener {
  readonly #device: Device;
  readonly #around: CameraSurroundings;
  #state: State = { at: 'away' };
  /** The one moment for which it wants to be woken; what it asked of the agenda earlier is let pass. */
  #wakeAtNs: Nanoseconds = -1;
  #backOff: BackOffState = freshBackOff;
  #attempts = 0;
  #events = 0;
  #uploads = 0;
  #uploadWanted = false;
  /** What it uploaded last, and for whom. */
  #last:
    | { readonly eventId: string; readonly ownerId: string; readonly version: number }
    | undefined;
  #looks = 0;
  #settling = false;

  constructor(device: Device, around: CameraSurroundings) {
    this.#device = device;
    this.#around = around;
  }

  /** The plan wants it to connect now. A connection that it holds is dropped first, as by a loss of power. */
  come(plannedNs: Nanoseconds, uploads: boolean): void {
    if (this.#settling) return;
    this.#uploadWanted ||= uploads;
    this.#backOff = freshBackOff;
    if (this.#state.at === 'connected') this.#endOurselves('dropped to come again');
    if (this.#state.at === 'away' || this.#state.at === 'waiting') this.#queue(plannedNs);
  }

  /** Nothing new from here on: ends as soon as what is open was answered or is past its deadline. */
  settle(): void {
    this.#settling = true;
    const { at } = this.#state;
    if (at === 'queued') this.#neverStarted('the run ended before its turn came');
    else if (at === 'connected') this.#continue();
    else if (at !== 'connecting') this.#end();
  }

  /** Gives up everything at once. */
  interrupt(): void {
    this.#settling = true;
    const { at } = this.#state;
    if (at === 'queued') this.#neverStarted('interrupted');
    else if (at === 'connecting' || at === 'connected') this.#endOurselves('interrupted');
    else this.#end();
  }

  wake(plannedNs: Nanoseconds): void {
    if (plannedNs !== this.#wakeAtNs) return;
    const { at } = this.#state;
    if (at === 'waiting') this.#queue(plannedNs);
    if (at === 'connected') this.#continue();
    if (at !== 'connecting') return;
    this.#over({
      outcome: 'expired',
      error: `not told its owner within ${this.#around.deadlineMs} ms`,
    });
  }

  admit(): boolean {
    if (this.#state.at !== 'queued') return false;
    this.#dial(this.#state.plannedNs);
    return true;
  }

  refused(line: CameraLine, status: number, echoed: string | null): void {
    const attempt = this.#attemptOn(line);
    if (attempt === undefined) return;
    if (echoed !== attempt.requestId) return this.#wrongEcho(attempt, echoed, status);
    this.#over({ outcome: 'refused', code: status, error: `HTTP ${status}` });
    // Whoever was told that it is not there, and has heard that it is to go, dials again only when it is switched on again.
    const isGone = status === 404 && this.#around.rights.mayBeRemoved(this.#device.deviceId);
    if (isGone && this.#state.at === 'waiting') this.#state = { at: 'away' };
  }

  heard(line: CameraLine, bytes: Buffer, isBinary: boolean): void {
    const attempt = this.#attemptOn(line);
    if (attempt === undefined) return;
    const message = readBackendMessage(bytes, isBinary);
    if (typeof message === 'string') return this.#over({ outcome: 'failed', error: message });
    if (this.#state.at === 'connected') return this.#hearAnswer(attempt, message);
    if (message.requestId !== attempt.requestId) return this.#wrongEcho(attempt, message.requestId);
    if (message.type === 'hello') return this.#connected(attempt, message);
    this.#over({ outcome: 'failed', error: `${message.type} before hello` });
  }

  closed(line: CameraLine, code: number, says: string): void {
    if (this.#attemptOn(line) === undefined) return;
    this.#over({ outcome: code === abnormalClosure ? 'failed' : 'refused', code, error: says });
  }

  #queue(plannedNs: Nanoseconds): void {
    this.#wakeAtNs = -1;
    this.#state = { at: 'queued', plannedNs };
    this.#around.gate.enter(this);
  }

  #dial(plannedNs: Nanoseconds): void {
    const { authority, clock, connect, deadlineMs, secretOf, tally } = this.#around;
    const { deviceId } = this.#device;
    const startedNs = clock.nowNs();
    this.#attempts += 1;
    tally.dialled(startedNs - plannedNs);
    const requestId = `${deviceId}.${this.#attempts}`;
    const line = dialCamera(
      {
        url: `ws://${authority}/v1/cameras/${encodeURIComponent(deviceId)}/connection`,
        headers: { authorization: `Device ${secretOf(deviceId)}`, 'x-request-id': requestId },
        connect,
      },
      this,
    );
    this.#state = {
      at: 'connecting',
      attempt: {
        ordinal: this.#attempts,
        requestId,
        plannedNs,
        startedNs,
        line,
        nextHeartbeatNs: 0,
        heartbeats: 0,
        open: [],
      },
    };
    this.#wakeAt(startedNs + deadlineMs * 1e6);
  }

  #connected(attempt: Attempt, { deviceId, ownerId }: Omit<Told, 'atNs'>): void {
    const { clock, gate, heartbeatMs, rng, tally } = this.#around;
    const atNs = clock.nowNs();
    this.#state = { at: 'connected', attempt, told: { atNs, deviceId, ownerId } };
    this.#backOff = freshBackOff;
    // The first heartbeat comes anywhere within the interval: cameras that connected together do not beat together.
    const share = rng.fork(`first heartbeat of ${attempt.requestId}`).unit();
    attempt.nextHeartbeatNs = Math.round(atNs + share * heartbeatMs * 1e6);
    tally.cameraConnected();
    gate.leave();
    this.#record(attempt, false);
    this.#continue();
  }

  #hearAnswer(attempt: Attempt, message: BackendMessage): void {
    if (message.type === 'frame-please') return this.#show(attempt, message.requestId);
    const { clock, recorder } = this.#around;
    const open = attempt.open.find(({ requestId }) => requestId === message.requestId);
    if (open === undefined) return this.#wrongEcho(attempt, message.requestId);
    if (!answers(open, message)) {
      const error = `${JSON.stringify(message)} in answer to the ${open.kind} ${open.requestId}`;
      return this.#over({ outcome: 'failed', error });
    }
    attempt.open = attempt.open.filter((other) => other !== open);
    if (message.type === 'failed') this.#uploaded(open, 'refused', message.error);
    else {
      if (open.kind === 'upload') this.#uploaded(open, 'ok', null);
      recorder.told({
        id: recorder.nextId('told'),
        deviceId: this.#device.deviceId,
        atNs: clock.nowNs(),
        toldDeviceId: message.deviceId,
        toldOwnerId: message.ownerId,
        surface: open.kind,
      });
    }
    this.#continue();
  }

  /** What a connected camera does when something happened, or its moment came. */
  #continue(): void {
    if (this.#state.at !== 'connected') return;
    const { attempt } = this.#state;
    const { clock, heartbeatMs, deadlineMs } = this.#around;
    const nowNs = clock.nowNs();
    const late = attempt.open.find(({ deadlineNs }) => deadlineNs <= nowNs);
    if (late !== undefined) {
      const error = `the ${late.kind} ${late.requestId} was not answered within ${deadlineMs} ms`;
      return this.#over({ outcome: 'expired', error });
    }
    if (this.#settling && attempt.open.length === 0) return this.#endOurselves(null);
    if (!this.#settling && attempt.nextHeartbeatNs <= nowNs) {
      attempt.nextHeartbeatNs = Math.max(attempt.nextHeartbeatNs + heartbeatMs * 1e6, nowNs);
      // A camera that still waits for the last one's answer lets this one pass.
      if (!attempt.open.some(({ kind }) => kind === 'heartbeat')) {
        this.#heartbeat(attempt);
        const lots = this.#around.rng.fork(`renewal ${attempt.heartbeats} of ${attempt.requestId}`);
        this.#record(attempt, lots.chance(this.#around.renewShare));
      }
    }
    const beatNs = this.#settling ? Number.POSITIVE_INFINITY : attempt.nextHeartbeatNs;
    this.#wakeAt(Math.min(beatNs, ...attempt.open.map(({ deadlineNs }) => deadlineNs)));
  }

  #heartbeat(attempt: Attempt): void {
    attempt.heartbeats += 1;
    const requestId = `${attempt.requestId}.heartbeat-${attempt.heartbeats}`;
    const message = heartbeatMessage(requestId);
    this.#send(attempt, { kind: 'heartbeat', requestId, eventId: null, version: null }, message);
  }

  /** Uploads an event when one is wanted, or else a newer version of the last one; nothing while nobody can say who the owner is. */
  #record(attempt: Attempt, renews: boolean): void {
    const { book, rights } = this.#around;
    const isOpen = attempt.open.some(({ kind }) => kind === 'upload');
    if (this.#settling || isOpen || rights.isChanging(this.#device.deviceId)) return;
    const device = { ...this.#device, ownerId: rights.ownerOf(this.#device) };
    if (this.#uploadWanted) {
      this.#uploadWanted = false;
      this.#events += 1;
      this.#upload(attempt, book.next(device, this.#events));
    } else if (renews && this.#last?.ownerId === device.ownerId) {
      // What was recorded for an earlier owner is not touched again.
      const { eventId, version } = this.#last;
      this.#upload(attempt, book.renewed(device, eventId, version + 1));
    }
  }

  #upload(attempt: Attempt, event: Omit<Upload, 'requestId'>): void {
    const { eventId, version } = event;
    this.#uploads += 1;
    this.#last = { eventId, version, ownerId: this.#around.rights.ownerOf(this.#device) };
    const requestId = `${attempt.requestId}.upload-${this.#uploads}`;
    const message = uploadMessage({ ...event, requestId });
    this.#send(attempt, { kind: 'upload', requestId, eventId, version }, message);
  }

  /** Somebody looks at what it sees now. */
  #show({ line }: Attempt, requestId: string): void {
    if (this.#settling) return;
    const { book, rights } = this.#around;
    this.#looks += 1;
    const device = { ...this.#device, ownerId: rights.ownerOf(this.#device) };
    line.send(frameMessage(requestId, book.live(device, this.#looks)));
  }

  #send(
    attempt: Attempt,
    open: Pick<Open, 'kind' | 'requestId' | 'eventId' | 'version'>,
    message: string | Buffer,
  ): void {
    const sentNs = this.#around.clock.nowNs();
    const deadlineNs = sentNs + this.#around.deadlineMs * 1e6;
    attempt.open = [...attempt.open, { ...open, sentNs, deadlineNs }];
    attempt.line.send(message);
  }

  #uploaded(open: Open, outcome: OpOutcome, error: string | null): void {
    const { clock, recorder, tally } = this.#around;
    const { deviceId } = this.#device;
    const doneNs = outcome === 'expired' ? null : clock.nowNs();
    writeUpload(recorder, { ...open, deviceId, doneNs, outcome, error });
    tally.request(outcome, 0);
  }

  #wrongEcho(attempt: Attempt, echoed: string | null, code?: number): void {
    const error = `an answer names ${JSON.stringify(echoed)}, which ${attempt.requestId} has not open`;
    this.#over({ outcome: 'wrong-echo', error, ...(code === undefined ? {} : { code }) });
  }

  /** The connection ended, or has to: writes it down and backs off. */
  #over(how: How): void {
    const nowNs = this.#around.clock.nowNs();
    // Having been told its owner once, the attempt did succeed, however the connection ended later.
    const succeeded = this.#state.at === 'connected' && how.outcome !== 'wrong-echo';
    const attempt = this.#hangUp(succeeded ? { ...how, outcome: 'connected' } : how, nowNs);
    for (const open of attempt?.open ?? []) {
      if (open.kind !== 'upload') continue;
      const isLate = how.outcome === 'expired' && open.deadlineNs <= nowNs;
      const outcome = how.outcome === 'wrong-echo' ? 'wrong-echo' : 'failed';
      this.#uploaded(open, isLate ? 'expired' : outcome, how.error);
    }
    if (this.#settling) return this.#end();
    const rng = this.#around.rng.fork(`back-off ${this.#attempts} of ${this.#device.deviceId}`);
    const { delayMs, state } = nextDelay(this.#device.backOff, this.#backOff, rng);
    this.#backOff = state;
    this.#state = { at: 'waiting' };
    this.#wakeAt(Math.round(nowNs + delayMs * 1e6));
  }

  /** The harness ends the connection, and nobody is to blame. One that is held when the run ends was never closed. */
  #endOurselves(why: 'dropped to come again' | 'interrupted' | null): void {
    const outcome = this.#state.at === 'connected' ? 'connected' : 'failed';
    const closedNs = this.#settling ? null : this.#around.clock.nowNs();
    const attempt = this.#hangUp({ outcome, error: why }, closedNs);
    for (const open of attempt?.open ?? [])
      if (open.kind === 'upload') this.#uploaded(open, 'failed', why);
    if (this.#settling) this.#end();
  }

  #hangUp(how: How, closedNs: Nanoseconds | null): Attempt | undefined {
    const { gate, recorder, tally } = this.#around;
    const state = this.#state;
    if (state.at !== 'connecting' && state.at !== 'connected') return undefined;
    const { ordinal, plannedNs, startedNs, line } = state.attempt;
    const told = state.at === 'connected' ? state.told : null;
    this.#state = { at: 'away' };
    this.#wakeAtNs = -1;
    line.destroy();
    writeAttempt(recorder, {
      deviceId: this.#device.deviceId,
      attempt: ordinal,
      plannedNs,
      startedNs,
      told,
      closedNs,
      outcome: how.outcome,
      code: how.code ?? null,
      error: how.error,
    });
    if (told === null) gate.leave();
    else tally.cameraGone();
    return state.attempt;
  }

  #neverStarted(error: string): void {
    if (this.#state.at !== 'queued') return;
    const { plannedNs } = this.#state;
    writeAttempt(this.#around.recorder, {
      deviceId: this.#device.deviceId,
      attempt: this.#attempts + 1,
      plannedNs,
      startedNs: null,
      told: null,
      closedNs: null,
      outcome: 'failed',
      code: null,
      error,
    });
    this.#end();
  }

  /** Undefined for a line that was hung up: what still comes from it counts for nothing. */
  #attemptOn(line: CameraLine): Attempt | undefined {
    const state = this.#state;
    if (state.at !== 'connecting' && state.at !== 'connected') return undefined;
    return state.attempt.line === line ? state.attempt : undefined;
  }

  #wakeAt(atNs: Nanoseconds): void {
    this.#wakeAtNs = atNs;
    if (Number.isFinite(atNs)) this.#around.agenda.at(atNs, this);
  }

  #end(): void {
    if (this.#state.at === 'ended') return;
    this.#state = { at: 'ended' };
    this.#around.onEnded();
  }
}

function answers(open: Open, message: BackendMessage): boolean {
  if (open.kind === 'heartbeat') return message.type === 'owner';
  if (message.type === 'stored') return message.eventId === open.eventId;
  return message.type === 'failed';
}
