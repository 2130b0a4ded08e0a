import type {
  AnswerRow,
  CacheCallRow,
  OriginRow,
  SweepRow,
  WireConnectionRow,
  WireRow,
} from '../model/rows.ts';
import {
  added,
  type Column,
  integer,
  integerOrNull,
  oneOf,
  type Table,
  text,
  textOrNull,
} from './column.ts';
import { readingStates } from './reading-states.ts';

const howOrNull = {
  ...oneOf('how it was ended by a rule; null otherwise', {
    fin: 'an orderly end',
    rst: 'a reset, which the peer sees as ECONNRESET',
  }),
  nullable: true,
} as unknown as Column<'fin' | 'rst' | null>;

const stateOrNull = {
  ...oneOf('what could be read from a picture; null for what is none', readingStates),
  nullable: true,
} as unknown as Column<SweepRow['state']>;

/** What the backend asked of its cache library, what passed on the wire, and what came from the source of truth. */
export const callTables: {
  readonly cache_call: Table<CacheCallRow>;
  readonly origin: Table<OriginRow>;
  readonly answer: Table<AnswerRow>;
  readonly sweep: Table<SweepRow>;
  readonly wire: Table<WireRow>;
  readonly wire_connection: Table<WireConnectionRow>;
} = {
  cache_call: {
    says: 'What the backend asked of the cache library, a row a key, and what it was given.',
    columns: {
      id: integer('unique within the table'),
      callId: integer('rows of one call of many keys share it'),
      requestId: textOrNull('the request that caused it, as in `op`'),
      call: oneOf('the call', {
        get: 'one key',
        getMany: 'many keys at once',
        getOrLoad: 'one key, loaded from the source of truth where it is missing',
        set: 'store',
        delete: 'remove',
      }),
      key: text('the key'),
      startedNs: integer('when it was asked'),
      doneNs: integer('when the library answered'),
      outcome: oneOf('what the library gave', {
        hit: 'a value',
        miss: 'no value',
        stored: 'the set was accepted',
        deleted: 'the delete was accepted',
        error: 'an error',
      }),
      bytes: integerOrNull('length of the value'),
      digest: textOrNull('first 16 hexadecimal digits of the SHA-1 of the value'),
      error: textOrNull('the error'),
    },
  },
  origin: {
    says: 'One load from the source of truth.',
    columns: {
      id: integer('unique within the table'),
      key: text('the key in the cache that it was loaded for'),
      atNs: integer('when'),
      requestId: textOrNull('the request that caused it, as in `op`'),
      digest: added(
        textOrNull(
          'first 16 hexadecimal digits of the SHA-1 of what was loaded; null when there was nothing',
        ),
        null,
      ),
    },
  },
  answer: {
    says: 'One picture or clip that the backend answered with, as it left the backend.',
    before: 'empty',
    columns: {
      id: integer('unique within the table'),
      requestId: text('the request, as in `op`'),
      userId: text('whom the backend believed it served'),
      place: integer('from 0: the place in a page of pictures'),
      askedEventId: textOrNull('the event that was asked for'),
      digest: text('first 16 hexadecimal digits of the SHA-1 of the bytes'),
      atNs: integer('when'),
    },
  },
  sweep: {
    says: 'One thing that was stored when calm was over, read by the harness itself.',
    before: 'empty',
    columns: {
      id: integer('unique within the table'),
      store: oneOf('where it was found', {
        cache: 'in the cache',
        database: "in the backend's source of truth",
      }),
      key: text('the key in the cache, or the same word for what the database has'),
      atNs: integer('when it was read'),
      state: stateOrNull,
      ownerId: textOrNull('owner named by the head stamp of a picture'),
      deviceId: textOrNull('device named by the head stamp of a picture'),
      eventId: textOrNull('event named by the head stamp of a picture'),
      version: integerOrNull('version named by the head stamp of a picture'),
      tailDeviceId: textOrNull('device named by the tail stamp of a blended picture'),
      value: textOrNull('the value itself where it is text of at most 16,384 bytes'),
      bytes: integer('length of the value'),
      digest: text('first 16 hexadecimal digits of the SHA-1 of the value'),
    },
  },
  wire: {
    says: 'One command to the cache and its reply, as they passed.',
    columns: {
      id: integer('unique within the table'),
      connection: integer('ordinal of the connection, from 1, over the whole run'),
      position: integer('ordinal of the command on its connection, from 1'),
      burst: integer(
        'commands that arrived in one read share it; ordinal on the connection, from 1',
      ),
      burstPlace: integer('place within the burst, from 1'),
      command: text('upper case; `?` for bytes that could not be parsed'),
      key: textOrNull('its first key'),
      valueDigest: added(
        textOrNull(
          'first 16 hexadecimal digits of the SHA-1 of the value that the command stores under its key; null for commands that store none',
        ),
        null,
      ),
      commandNs: integer('when the command passed'),
      replyNs: integerOrNull('when the reply passed; null when none came'),
      replyType: textOrNull('first byte or word of the reply, or its status'),
      replyBytes: integerOrNull('length of the payload of the reply'),
      replyDigest: textOrNull('first 16 hexadecimal digits of the SHA-1 of that payload'),
      pictureDeviceId: added(
        textOrNull(
          'the camera whose picture that payload is, by its unchecked stamp; null for what is no picture',
        ),
        null,
      ),
      fate: oneOf('what became of the reply', {
        delivered: 'it reached the client whole',
        cut: 'the connection was ended before it',
        'cut-inside': 'the connection was ended within it',
        held: 'it was delivered late',
        lost: 'none came before the connection ended by itself',
        refused: 'the command was not forwarded, and a fault answered it with an error',
      }),
      faultId: textOrNull('the fault that decided it'),
    },
  },
  wire_connection: {
    says: 'One connection between the backend and the cache.',
    columns: {
      id: integer('unique within the table'),
      connection: integer('ordinal of the connection, from 1, over the whole run'),
      door: added(
        integer(
          'which port of the wire it came to, from 1: one a node of a cluster, and one in all otherwise',
        ),
        1,
      ),
      openedNs: integer('when it was opened'),
      closedNs: integer('when it ended'),
      closedBy: oneOf('who ended it', {
        client: 'the cache library',
        server: 'the cache, or its death',
        rule: 'a fault of the plan',
        end: 'the end of the run',
      }),
      how: howOrNull,
      faultId: textOrNull('the fault that ended it'),
      outstanding: integer('commands whose replies were still outstanding'),
    },
  },
};
