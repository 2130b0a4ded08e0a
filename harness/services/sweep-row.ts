import type { SweepRow } from '../model/rows.ts';
import type { Nanoseconds } from '../model/world.ts';
import type { Check } from '../thumbnail/mark.ts';
import { readPicture, stampsOf } from '../thumbnail/reading.ts';

/** One value, where it was found and when. */
export interface Swept {
  readonly store: SweepRow['store'];
  readonly key: string;
  readonly value: Uint8Array;
  readonly atNs: Nanoseconds;
}

export interface SweepReaderOptions extends Check {
  /** First 16 hexadecimal digits of the SHA-1. */
  readonly digest: (value: Uint8Array) => string;
}

/** A list of fifty events is 5 KB; what is longer than this is no text of the backend's. */
const textBytesMax = 16_384;

/** Says what a stored value is: text, or else a picture, or what is left of one. Its key is not asked: it may be the wrong one. */
export function sweepReader(options: SweepReaderOptions): (swept: Swept) => Omit<SweepRow, 'id'> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const textOf = (value: Uint8Array): string | null => {
    try {
      return decoder.decode(value);
    } catch {
      return null;
    }
  };
  return ({ store, key, value, atNs }) => {
    const shared = { store, key, atNs, bytes: value.length, digest: options.digest(value) };
    const text = isJpegAt(value, sealBytes(value)) ? null : textOf(value);
    if (text !== null) {
      const kept = value.length <= textBytesMax ? text : null;
      return { ...shared, ...noPicture, value: kept };
    }
    const reading = readPicture(value.subarray(sealBytes(value)), options);
    const [head, tail] = stampsOf(reading);
    return {
      ...shared,
      state: reading.state,
      ownerId: head?.ownerId ?? null,
      deviceId: head?.deviceId ?? null,
      eventId: head?.eventId ?? null,
      version: head?.version ?? null,
      tailDeviceId: tail?.deviceId ?? null,
      value: null,
    };
  };
}

const noPicture = {
  state: null,
  ownerId: null,
  deviceId: null,
  eventId: null,
  version: null,
  tailDeviceId: null,
} as const;

/** Bytes before the picture: with `seal-values` two that count the key, and the key; see `docs/cloud-api.md`. */
function sealBytes(value: Uint8Array): number {
  const length = 2 + (value[0] ?? 0) * 256 + (value[1] ?? 0);
  return !isJpegAt(value, 0) && isJpegAt(value, length) ? length : 0;
}

/** Whether JPEG begins there: SOI and the start of a marker (ITU-T T.81, B.1.1). */
function isJpegAt(value: Uint8Array, at: number): boolean {
  return value[at] === 0xff && value[at + 1] === 0xd8 && value[at + 2] === 0xff;
}
