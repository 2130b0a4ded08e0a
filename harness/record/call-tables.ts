import type { CacheCallRow, OriginRow, WireConnectionRow, WireRow } from '../model/rows.ts';
import {
  type Column,
  integer,
  integerOrNull,
  oneOf,
  type Table,
  text,
  textOrNull,
} from './column.ts';

const howOrNull = {
  ...oneOf('how it was ended by a rule; null otherwise', {
    fin: 'an orderly end',
    rst: 'a reset, which the peer sees as ECONNRESET',
  }),
  nullable: true,
} as unknown as Column<'fin' | 'rst' | null>;

/** What the backend asked of its cache library, what passed on the wire, and what came from the source of truth. */
export const callTables: {
  readonly cache_call: Table<CacheCallRow>;
  readonly origin: Table<OriginRow>;
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
      commandNs: integer('when the command passed'),
      replyNs: integerOrNull('when the reply passed; null when none came'),
      replyType: textOrNull('first byte or word of the reply, or its status'),
      replyBytes: integerOrNull('length of the payload of the reply'),
      replyDigest: textOrNull('first 16 hexadecimal digits of the SHA-1 of that payload'),
      pictureDeviceId: textOrNull(
        'the camera whose picture that payload is, by its unchecked stamp; null for what is no picture',
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
