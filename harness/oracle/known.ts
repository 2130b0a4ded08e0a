import type { RecordReader } from '../record/reader.ts';
import { type Ownership, ownershipOf } from './ownership.ts';
import { type Uploads, uploadsOf } from './uploads.ts';

/** What several checks want to know of a record, found out once, when it is first asked for. */
export interface Known {
  readonly record: RecordReader;
  ownership(): Ownership;
  uploads(): Uploads;
}

export function knownOf(record: RecordReader): Known {
  let ownership: Ownership | undefined;
  let uploads: Uploads | undefined;
  const known: Known = {
    record,
    uploads: () => (uploads ??= uploadsOf(record)),
    ownership: () => (ownership ??= ownershipFrom(known)),
  };
  return known;
}

function ownershipFrom({ record, uploads }: Known): Ownership {
  const changes = [
    ...record.rows('change', [
      'id',
      'kind',
      'deviceId',
      'byUserId',
      'otherUserId',
      'requestId',
      'requestedNs',
      'doneNs',
      'outcome',
    ]),
  ];
  const { population } = record.plan();
  // Without a change everything is as the plan has it, whenever it was uploaded.
  if (changes.length === 0) return ownershipOf(population);
  return ownershipOf(population, changes, (eventId) => uploads().of(eventId)?.onItsWay);
}
