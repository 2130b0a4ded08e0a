import type { Population, User } from '../model/population.ts';
import type { Recorder, ShownRow } from '../model/rows.ts';
import type { Stamp } from '../model/stamp.ts';
import type { Nanoseconds } from '../model/world.ts';
import type { Crc32 } from '../thumbnail/checksum.ts';
import type { JpegDecoder } from '../thumbnail/code-reading.ts';
import { stampsOf } from '../thumbnail/reading.ts';
import type { EventBook } from './event-book.ts';
import type { ListEntry } from './list-answer.ts';
import { pictureReader } from './picture-reader.ts';
import type { Tally } from './tally.ts';

/** To whom something was shown, where, and in answer to what. */
export interface Showing {
  readonly opId: number;
  readonly viewer: User;
  readonly askedEventId: string | null;
  /** Of a live view. */
  readonly askedDeviceId?: string;
  readonly requestedNs: Nanoseconds;
  readonly shownNs: Nanoseconds;
}

export type PictureSurface = Exclude<ShownRow['surface'], 'list'>;

/** What viewers are shown: read from its bytes, written down, and kept when it is not what was asked for. */
export interface Gallery {
  listed(showing: Showing, entry: ListEntry): void;
  pictured(showing: Showing, surface: PictureSurface, bytes: Uint8Array): void;
  /** What the watched user's list had last, newest first. */
  readonly known: readonly ListEntry[];
  /** Whether there is a stranger's picture to swap in for that canary. */
  hasStrangerFor(canary: User): boolean;
  /** Pictures that the harness swapped on purpose. */
  readonly swaps: number;
  /** Suspicious pictures whose bytes were not kept, because the limits were reached. */
  readonly evidenceDropped: number;
}

export interface GalleryOptions {
  readonly population: Population;
  readonly recorder: Recorder;
  readonly tally: Tally;
  readonly book: EventBook;
  readonly key: number;
  readonly crc32: Crc32;
  /** For pictures whose stamps are gone. */
  readonly decodeJpeg?: JpegDecoder;
  /** The beginning of a SHA-1; without it no row has one. */
  readonly digest?: (bytes: Uint8Array) => string;
  /** The user of whose list it keeps what was listed last. */
  readonly watched?: string | undefined;
}

/** Pictures kept as evidence, and their bytes, shown and asked for together. */
export const evidenceMax = 300;
const evidenceBytesMax = 8_388_608;
/** Of which what the harness swapped itself may take this many, so that it cannot crowd out what was found. */
export const canaryEvidenceMax = 20;
/** Of each kind, how many of the latest good pictures are held ready for canaries. */
const readyMax = 32;

export function gallery(options: GalleryOptions): Gallery {
  const { recorder, tally, book, digest, watched } = options;
  const readPicture = pictureReader({ ...options, named: book.named });
  const canaries = circlesOfCanaries(options.population);
  const ready: Record<Stamp['kind'], Ready[]> = { thumbnail: [], clip: [], live: [] };
  const keep = evidenceKeeper(options);
  let swaps = 0;
  let known: ListEntry[] = [];
  let knownFrom = 0;
  const note = ({ opId, viewer }: Showing, entry: ListEntry): void => {
    if (viewer.userId !== watched) return;
    if (opId !== knownFrom) known = [];
    knownFrom = opId;
    known.push(entry);
  };

  const strangerFor = (canary: User, kind: Stamp['kind']): Ready | undefined => {
    const circle = canaries.get(canary.userId);
    if (circle === undefined) return undefined;
    return ready[kind].findLast(
      ({ viewerId, deviceId }) => !circle.people.has(viewerId) && !circle.devices.has(deviceId),
    );
  };
  const remember = (bytes: Uint8Array, viewer: User, stamp: Stamp): void => {
    if (canaries.size === 0 || canaries.has(viewer.userId)) return;
    const pictures = ready[stamp.kind];
    pictures.push({ bytes, viewerId: viewer.userId, deviceId: stamp.deviceId });
    if (pictures.length > readyMax) pictures.shift();
  };

  return {
    get swaps() {
      return swaps;
    },
    get known() {
      return known;
    },
    get evidenceDropped() {
      return keep.dropped();
    },
    hasStrangerFor: (canary) => strangerFor(canary, 'thumbnail') !== undefined,
    listed: (showing, entry) => {
      const { eventId, deviceId, version } = entry;
      note(showing, entry);
      recorder.shown({
        ...sharedFields(recorder, showing),
        swapped: false,
        surface: 'list',
        askedEventId: null,
        askedDeviceId: null,
        state: 'intact',
        ownerId: null,
        deviceId,
        eventId,
        version,
        tailDeviceId: null,
        bytes: 0,
        digest: null,
      });
    },
    pictured: (showing, surface, given) => {
      const kind = kindsShown[surface];
      const { viewer, askedEventId, askedDeviceId = null } = showing;
      const stranger = strangerFor(viewer, kind);
      const bytes = stranger?.bytes ?? given;
      if (stranger !== undefined) swaps += 1;
      const reading = readPicture(bytes);
      const [head, tail] = stampsOf(reading);
      const right =
        (reading.state === 'intact' || reading.state === 'recoded') &&
        (surface === 'live'
          ? reading.stamp.deviceId === askedDeviceId
          : reading.stamp.eventId === askedEventId) &&
        reading.stamp.kind === kind;
      const row: ShownRow = {
        ...sharedFields(recorder, showing),
        swapped: stranger !== undefined,
        surface,
        askedEventId,
        askedDeviceId,
        state: reading.state,
        ownerId: head?.ownerId ?? null,
        deviceId: head?.deviceId ?? null,
        eventId: head?.eventId ?? null,
        version: head?.version ?? null,
        tailDeviceId: tail?.deviceId ?? null,
        bytes: bytes.length,
        digest: right && stranger === undefined ? null : (digest?.(bytes) ?? null),
      };
      recorder.shown(row);
      if (right) remember(given, viewer, reading.stamp);
      else keep.keep(row, bytes, kind);
      // What the harness swapped itself is no suspicion against anybody.
      tally.picture(!right && stranger === undefined);
    },
  };
}

const kindsShown: Readonly<Record<PictureSurface, Stamp['kind']>> = {
  thumbnail: 'thumbnail',
  enlarge: 'thumbnail',
  clip: 'clip',
  live: 'live',
};

interface Ready {
  readonly bytes: Uint8Array;
  readonly viewerId: string;
  readonly deviceId: string;
}

/** Whom a canary shares a device with, itself included, and the devices that it may see. */
interface Circle {
  readonly people: ReadonlySet<string>;
  readonly devices: ReadonlySet<string>;
}

function circlesOfCanaries({ users, devices }: Population): ReadonlyMap<string, Circle> {
  const canaries = users.filter(({ role }) => role === 'canary');
  return new Map(
    canaries.map(({ userId }) => {
      const seen = devices.filter(
        ({ ownerId, sharedWith }) => ownerId === userId || sharedWith.includes(userId),
      );
      const people = seen.flatMap(({ ownerId, sharedWith }) => [ownerId, ...sharedWith]);
      return [
        userId,
        {
          people: new Set([userId, ...people]),
          devices: new Set(seen.map(({ deviceId }) => deviceId)),
        },
      ];
    }),
  );
}

function sharedFields(
  recorder: Recorder,
  { opId, viewer, requestedNs, shownNs }: Showing,
): Pick<ShownRow, 'id' | 'opId' | 'viewerId' | 'canary' | 'requestedNs' | 'shownNs'> {
  const canary = viewer.role === 'canary';
  const id = recorder.nextId('shown');
  return { id, opId, viewerId: viewer.userId, canary, requestedNs, shownNs };
}

function evidenceKeeper({ recorder, book }: GalleryOptions) {
  let kept = 0;
  let keptOfCanaries = 0;
  let keptBytes = 0;
  let dropped = 0;
  return {
    dropped: (): number => dropped,
    keep: (row: ShownRow, shown: Uint8Array, kind: Stamp['kind']): void => {
      const full = row.canary ? keptOfCanaries >= canaryEvidenceMax : kept >= evidenceMax;
      const asked = full || row.askedEventId === null ? null : book.draw(row.askedEventId, kind);
      const bytes = shown.length + (asked?.length ?? 0);
      if (full || keptBytes + bytes > evidenceBytesMax) {
        dropped += 1;
        return;
      }
      keptBytes += bytes;
      if (row.canary) keptOfCanaries += 1;
      else kept += 1;
      // The answer's other pictures lie in the same memory, so what is kept is a copy.
      const copy = Uint8Array.from(shown);
      recorder.evidence({ id: recorder.nextId('evidence'), shownId: row.id, shown: copy, asked });
    },
  };
}
