import type { Attribution, DiagramLine } from '../harness/model/attribution.ts';

/** What forensics says of a run that never happened. */
export const exampleAttribution: Attribution = {
  hops: [
    { hop: 'client-library', count: 389 },
    { hop: 'unknown', count: 2 },
  ],
  followed: 391,
  violations: 391,
  blindSpots: ['Nothing between the library and the cache was seen.'],
  stories: [
    {
      hop: 'client-library',
      check: 'own-data-only',
      says: 'user-0000 was shown device-00317 of user-0099',
      steps: [
        'The library handed over value 16b35442 for thumb:9, which was never stored under that key: it belongs to thumb:7.',
        'Reply 8127 on connection 14 answered GET thumb:7 and was handed to the caller of GET thumb:9.',
        'The queue has been one off since connection 13 was cut after reply 2 of 3 at 31.204 s.',
      ],
      diagram: {
        connection: 14,
        lines: [
          { kind: 'note', says: 'connection 14, from command 8126' },
          command(8126, 'GET thumb:9', { reply: 'caeb745f', handedTo: 'thumb:4', marked: false }),
          command(8127, 'GET thumb:7', { reply: '16b35442', handedTo: 'thumb:9', marked: true }),
          command(8128, 'GET thumb:5', { reply: null, handedTo: null, marked: false }),
        ],
      },
      evidence: [{ table: 'wire', id: 8127 }],
    },
    {
      hop: 'unknown',
      check: 'mapping',
      says: 'device-00001 was told that user-0009 owns it',
      steps: ['The record does not say what was asked of the cache for that.'],
      diagram: null,
      evidence: [],
    },
  ],
};

function command(
  position: number,
  words: string,
  rest: {
    readonly reply: string | null;
    readonly handedTo: string | null;
    readonly marked: boolean;
  },
): DiagramLine {
  return {
    kind: 'command',
    connection: 14,
    position,
    command: words,
    atNs: 31_204_000_000 + position,
    astray: rest.handedTo !== null,
    ...rest,
  };
}
