import type { Device, Population } from '../model/population.ts';
import type { Stamp } from '../model/stamp.ts';
import type { Rng } from '../model/world.ts';
import type { Crc32 } from '../thumbnail/checksum.ts';
import { renderClip, renderLive, renderThumbnail } from '../thumbnail/picture.ts';
import type { Upload } from './camera-messages.ts';
import { tagBook } from './tag-book.ts';

/** The events that this fleet's cameras have uploaded, and how their pictures look. */
export interface EventBook {
  /** Makes a camera's event and remembers it. `ordinal` counts from 1 within one device; the owner is the one that the device names. */
  next(device: Device, ordinal: number): Omit<Upload, 'requestId'>;
  /** A newer version of an event of that device. */
  renewed(device: Device, eventId: string, version: number): Omit<Upload, 'requestId'>;
  /** What the device sees now. `ordinal` counts from 1 within one device. */
  live(device: Device, ordinal: number): Uint8Array;
  /** The newest picture of that event, drawn again; null when no camera of this fleet has uploaded it. */
  draw(eventId: string, kind: Stamp['kind']): Uint8Array | null;
  /** Whose the tag in a picture's code is; null when it is of no event that this fleet remembers. */
  named(tag: number): Stamp | null;
}

export interface EventBookOptions {
  readonly population: Population;
  readonly rng: Rng;
  /** Of the stamps; see `stampKey`. */
  readonly key: number;
  readonly crc32: Crc32;
}

/** Share of events that a sound has caused, which a tap plays; the others are motion. */
const soundShare = 0.25;

/** Events beyond which later ones can no longer be drawn again or named by a tag: the evidence then lacks the picture that was asked for. */
const eventsRememberedMax = 500_000;

export function eventBook({ population, rng, key, crc32 }: EventBookOptions): EventBook {
  const ownerNames = new Map(population.users.map(({ userId, name }) => [userId, name]));
  const events = new Map<string, { readonly device: Device; readonly version: number }>();
  const tags = tagBook({ key, crc32 });
  const input = (eventId: string, { deviceId, name, ownerId }: Device, version: number) => ({
    stamp: { ownerId, deviceId, eventId, version },
    ownerName: ownerNames.get(ownerId) ?? ownerId,
    deviceName: name,
    key,
    crc32,
  });
  const drawn = (device: Device, eventId: string, version: number): Omit<Upload, 'requestId'> => {
    const picture = input(eventId, device, version);
    if (events.has(eventId) || events.size < eventsRememberedMax) {
      events.set(eventId, { device, version });
      tags.note(picture.stamp);
    }
    return {
      eventId,
      kind: rng.fork(`kind of ${eventId}`).chance(soundShare) ? 'sound' : 'motion',
      version,
      thumbnail: renderThumbnail(picture),
      clip: renderClip(picture),
    };
  };
  return {
    next: (device, ordinal) => drawn(device, `event-of-${device.deviceId}-${ordinal}`, 1),
    renewed: drawn,
    live: (device, ordinal) => {
      const picture = input(`live-of-${device.deviceId}-${ordinal}`, device, 1);
      if (events.size < eventsRememberedMax) tags.note(picture.stamp, ['live']);
      return renderLive(picture);
    },
    draw: (eventId, kind) => {
      const known = events.get(eventId);
      if (known === undefined) return null;
      const picture = input(eventId, known.device, known.version);
      return kind === 'clip' ? renderClip(picture) : renderThumbnail(picture);
    },
    named: tags.named,
  };
}
