/**
 * What a thumbnail costs: `node bench/thumbnail.ts` prints the sizes of 1,000 pictures and the median processor time of rendering and reading them,
 * with the native CRC-32 of Node and with our own.
 */
import { crc32 as nativeCrc32 } from 'node:zlib';
import type { Stamp } from '../harness/model/stamp.ts';
import { type Crc32, crc32 as ownCrc32, stampKey } from '../harness/thumbnail/checksum.ts';
import { type PictureInput, renderClip, renderThumbnail } from '../harness/thumbnail/picture.ts';
import { peekStamp, readPicture } from '../harness/thumbnail/reading.ts';

const PICTURES = 1_000;
const ROUNDS = 21;
const KEY = stampKey(1);
const OWNERS = ['Nadia Brandt', 'Amir Haddad', 'Zoë Müller', 'Li Na', 'Maximiliane Oberhuber'];
const CAMERAS = ['Front door', 'Driveway', 'Garden', 'Back yard', 'Living room', 'Hallway'];
const MORE_CAMERAS = ['Nursery', 'Garage', 'Shop counter', 'Kitchen', 'Attic', 'Stairs'];

function inputOf(index: number): Omit<PictureInput, 'crc32'> {
  const stamp: Omit<Stamp, 'kind'> = {
    ownerId: `user-${String(index % 500).padStart(4, '0')}`,
    deviceId: `device-${String(index).padStart(5, '0')}`,
    eventId: `event-${String(index).padStart(5, '0')}-${index % 40}`,
    version: 1 + (index % 3),
  };
  const cameras = [...CAMERAS, ...MORE_CAMERAS];
  return {
    stamp,
    ownerName: OWNERS[index % OWNERS.length] ?? '',
    deviceName: cameras[index % cameras.length] ?? '',
    key: KEY,
  };
}

/**
 * The median over all rounds of the mean microseconds of processor time that one call takes in a round, garbage collection included. The
 * first rounds warm up and are left out. Processor time, so that a busy machine does not change the figure much.
 */
function microseconds(calls: number, call: (index: number) => unknown): number {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS + 3; round += 1) {
    const started = process.cpuUsage();
    for (let index = 0; index < calls; index += 1) call(index);
    const { user, system } = process.cpuUsage(started);
    if (round >= 3) rounds.push((user + system) / calls);
  }
  return median(rounds);
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

function sizes(name: string, pictures: readonly Uint8Array[]): void {
  const lengths = pictures.map((picture) => picture.length);
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
  console.log(`${name}: ${least} to ${most} bytes, median ${median(lengths)}`);
}

const inputs = Array.from({ length: PICTURES }, (_, index) => inputOf(index));
const thumbnails = inputs.map((input) => renderThumbnail(input));
const clips = inputs.map((input) => renderClip(input));
sizes(`${PICTURES} thumbnails`, thumbnails);
sizes(`${PICTURES} clips`, clips);

const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index];
  if (found === undefined) throw new RangeError(`nothing at ${index} of ${list.length}`);
  return found;
};
const checksums: readonly (readonly [string, Crc32])[] = [
  ['native CRC-32', nativeCrc32],
  ['own CRC-32', ownCrc32],
];
for (const [name, crc32] of checksums) {
  const render = microseconds(PICTURES, (index) =>
    renderThumbnail({ ...at(inputs, index), crc32 }),
  );
  const read = microseconds(PICTURES, (index) =>
    readPicture(at(thumbnails, index), { key: KEY, crc32 }),
  );
  const clip = microseconds(PICTURES, (index) => renderClip({ ...at(inputs, index), crc32 }));
  const readClip = microseconds(PICTURES, (index) =>
    readPicture(at(clips, index), { key: KEY, crc32 }),
  );
  console.log(
    `${name}: thumbnail render ${render.toFixed(1)} µs, read ${read.toFixed(1)} µs; clip render ${clip.toFixed(1)} µs, read ${readClip.toFixed(1)} µs`,
  );
}
const peek = microseconds(PICTURES, (index) => peekStamp(at(thumbnails, index)));
console.log(`peek: ${peek.toFixed(2)} µs`);
