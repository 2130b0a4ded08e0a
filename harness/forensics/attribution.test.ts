import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Attribution, Hop } from '../model/attribution.ts';
import type { CheckedFinding } from '../model/finding.ts';
import { type LiteralRows, literalRecord } from '../record/literal-record.ts';
import { attributionOf } from './attribution.ts';
import {
  answer,
  connection,
  get,
  op,
  plan,
  set,
  shown,
  storedCalls,
  storedOnWire,
  violation,
  wireGet,
  wireSet,
} from './sample-story.ts';

const root = mkdtempSync(path.join(tmpdir(), 'crosswire-forensics-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(root, 'record-'));
});

const shownWrong = violation('own-data-only', { table: 'shown', id: 1 }, { table: 'op', id: 1 });

function attributed(rows: LiteralRows, ...findings: readonly CheckedFinding[]): Attribution {
  using record = literalRecord({ folder, plan, ...rows });
  return attributionOf(record, findings);
}

/** Rows that are there in most of these: ann was shown bbbb, and that is what the backend had answered. */
function annWasShown(rows: LiteralRows): LiteralRows {
  return {
    ops: [op()],
    shown: [shown()],
    answers: [answer('bbbb')],
    wireConnections: [connection(1)],
    ...rows,
  };
}

interface Case {
  readonly hop: Hop;
  readonly says: string;
  readonly rows: LiteralRows;
  /** A piece of the story's last step. */
  readonly ends: string;
}

const pictures: readonly Case[] = [
  {
    hop: 'client-library',
    says: 'a caller whose own command was answered rightly and who was handed the reply of another',
    rows: annWasShown({
      cacheCalls: [...storedCalls, get('thumb:event-a', 'bbbb')],
      wire: [
        ...storedOnWire,
        wireGet(3, 'thumb:event-a', 'aaaa'),
        wireGet(4, 'thumb:event-b', 'bbbb'),
      ],
    }),
    ends: 'Its own reply came one before',
  },
  {
    hop: 'client-library',
    says: 'a caller who never asked on the wire and was handed a reply that its own caller was not',
    rows: annWasShown({
      cacheCalls: [
        ...storedCalls,
        get('thumb:event-a', 'bbbb'),
        get('thumb:event-b', 'cccc', { requestId: 'r-ben' }),
      ],
      wire: [...storedOnWire, wireGet(3, 'thumb:event-b', 'bbbb')],
    }),
    ends: 'Its own caller never was',
  },
  {
    hop: 'client-library',
    says: 'a library that asked for another key, once more than the callers of that key',
    rows: annWasShown({
      cacheCalls: [
        ...storedCalls,
        get('thumb:event-a', 'bbbb'),
        get('thumb:event-b', 'bbbb', { requestId: 'r-ben' }),
      ],
      wire: [
        ...storedOnWire,
        wireGet(3, 'thumb:event-b', 'bbbb'),
        wireGet(4, 'thumb:event-b', 'bbbb'),
      ],
    }),
    ends: 'once more than its own callers did',
  },
  {
    hop: 'client-library',
    says: 'bytes that never passed the wire, although the command was answered',
    rows: annWasShown({
      cacheCalls: [set('thumb:event-a', 'aaaa'), get('thumb:event-a', 'bbbb')],
      wire: [wireSet(1, 'thumb:event-a', 'aaaa'), wireGet(2, 'thumb:event-a', 'aaaa')],
    }),
    ends: 'made of others within the library',
  },
  {
    hop: 'coalescer',
    says: 'bytes that nobody ever stored and that never passed, for a key that was not asked for',
    rows: annWasShown({
      cacheCalls: [set('thumb:event-a', 'aaaa'), get('thumb:event-a', 'bbbb')],
      wire: [wireSet(1, 'thumb:event-a', 'aaaa')],
    }),
    ends: 'had kept them, or made them',
  },
  {
    hop: 'coalescer',
    says: 'a caller who never asked on the wire and was given what was being loaded for another',
    rows: annWasShown({
      cacheCalls: [...storedCalls, get('thumb:event-a', 'bbbb')],
      wire: storedOnWire,
    }),
    ends: 'loaded or stored for thumb:event-b',
  },
  {
    hop: 'client-library',
    says: 'bytes that changed after they were handed over',
    rows: annWasShown({
      cacheCalls: [...storedCalls, get('thumb:event-a', 'aaaa')],
      wire: [
        ...storedOnWire,
        wireGet(3, 'thumb:event-a', 'aaaa'),
        wireGet(4, 'thumb:event-b', 'bbbb', { commandNs: 108, replyNs: 112 }),
      ],
    }),
    ends: 'had used their memory again',
  },
  {
    hop: 'client-library',
    says: 'an error of the cache that was taken for a value',
    rows: annWasShown({
      cacheCalls: [set('thumb:event-a', 'aaaa'), get('thumb:event-a', 'bbbb')],
      wire: [
        wireSet(1, 'thumb:event-a', 'aaaa'),
        wireGet(2, 'thumb:event-a', 'bbbb', { replyType: '-' }),
      ],
    }),
    ends: 'took it for a value',
  },
  {
    hop: 'client-library',
    says: 'a connection that never chose its database',
    rows: annWasShown({
      cacheCalls: [...storedCalls, get('thumb:event-a', 'bbbb')],
      wire: [
        wireGet(1, 'SELECT', '9ce3', { command: 'SELECT', key: null, commandNs: 1, replyNs: 2 }),
        wireSet(2, 'thumb:event-a', 'aaaa'),
        wireGet(1, 'thumb:event-a', 'bbbb', { connection: 2 }),
      ],
    }),
    ends: 'another database than it wrote to',
  },
  {
    hop: 'library-write',
    says: 'a value that the library wrote under a key that it was not told',
    rows: annWasShown({
      cacheCalls: [...storedCalls, get('thumb:event-a', 'bbbb')],
      wire: [wireSet(1, 'thumb:event-a', 'bbbb'), wireGet(2, 'thumb:event-a', 'bbbb')],
    }),
    ends: 'the call was a set of thumb:event-b',
  },
  {
    hop: 'library-write',
    says: 'two keys that the library had turned into one',
    rows: annWasShown({
      cacheCalls: [...storedCalls, get('thumb:event-a', 'bbbb')],
      wire: [wireSet(1, 'thumb:even', 'bbbb'), wireGet(2, 'thumb:even', 'bbbb')],
    }),
    ends: 'it had also stored the value of thumb:event-b',
  },
  {
    hop: 'coalescer',
    says: 'a caller who never asked on the wire and was given what another had asked for',
    rows: annWasShown({
      cacheCalls: [
        ...storedCalls,
        get('thumb:event-a', 'bbbb'),
        get('thumb:event-b', 'bbbb', { requestId: 'r-ben' }),
      ],
      wire: [...storedOnWire, wireGet(3, 'thumb:event-b', 'bbbb')],
    }),
    ends: 'to its own caller, and to this one as well',
  },
  {
    hop: 'coalescer',
    says: 'a batch in another order than its callers, handed out in the order of the callers',
    rows: annWasShown({
      cacheCalls: [
        ...storedCalls,
        get('thumb:event-a', 'bbbb', { startedNs: 101 }),
        get('thumb:event-b', 'aaaa', { requestId: 'r-ben', startedNs: 100 }),
      ],
      wire: [
        ...storedOnWire,
        wireGet(3, 'thumb:event-a', 'aaaa', { burst: 3 }),
        wireGet(4, 'thumb:event-b', 'bbbb', { burst: 3, burstPlace: 2 }),
      ],
    }),
    ends: 'one batch of 2 gets',
  },
  {
    hop: 'coalescer',
    says: 'a caller whose own command found nothing, and who was given what was being loaded for another',
    rows: annWasShown({
      cacheCalls: [...storedCalls, get('thumb:event-a', 'bbbb')],
      wire: [...storedOnWire, wireGet(3, 'thumb:event-a', null)],
    }),
    ends: 'was given to this caller as well',
  },
  {
    hop: 'backend',
    says: 'a backend that put what it was handed in another place',
    rows: annWasShown({
      cacheCalls: [
        ...storedCalls,
        get('thumb:event-a', 'aaaa'),
        get('thumb:event-b', 'bbbb', { callId: 2 }),
      ],
      wire: [
        ...storedOnWire,
        wireGet(3, 'thumb:event-a', 'aaaa'),
        wireGet(4, 'thumb:event-b', 'bbbb'),
      ],
    }),
    ends: 'which it had been handed for thumb:event-b',
  },
  {
    hop: 'backend',
    says: 'a backend that answered although the library had only an error for it',
    rows: annWasShown({
      cacheCalls: [
        ...storedCalls,
        get('thumb:event-a', null, { outcome: 'error', error: 'LOADING' }),
      ],
      wire: [...storedOnWire, wireGet(3, 'thumb:event-a', null, { replyType: '-' })],
    }),
    ends: 'answered with a picture all the same',
  },
  {
    hop: 'http-cache',
    says: 'an answer out of a shared cache that was right for whom it was made',
    rows: {
      ops: [
        op({ webCache: 'HIT' }),
        op({ id: 2, actorId: 'ben', requestId: 'r-ben', toldUserId: 'ben', sentNs: 50 }),
      ],
      shown: [shown()],
      answers: [
        answer('bbbb', { requestId: 'r-ben', userId: 'ben', askedEventId: 'event-b', atNs: 60 }),
      ],
      cacheCalls: [
        ...storedCalls,
        get('thumb:event-b', 'bbbb', { requestId: 'r-ben', startedNs: 51, doneNs: 55 }),
      ],
      wire: [...storedOnWire, wireGet(3, 'thumb:event-b', 'bbbb', { commandNs: 52, replyNs: 53 })],
      wireConnections: [connection(1)],
    },
    ends: 'for whom it was right',
  },
  {
    hop: 'client-library',
    says: 'an answer out of a shared cache that was wrong before it was stored',
    rows: {
      ops: [
        op({ webCache: 'HIT' }),
        op({ id: 2, actorId: 'cleo', requestId: 'r-cleo', toldUserId: 'cleo', sentNs: 50 }),
      ],
      shown: [shown()],
      answers: [answer('bbbb', { requestId: 'r-cleo', userId: 'cleo', atNs: 60 })],
      cacheCalls: [
        ...storedCalls,
        get('thumb:event-a', 'bbbb', { requestId: 'r-cleo', startedNs: 51, doneNs: 55 }),
      ],
      wire: [
        ...storedOnWire,
        wireGet(3, 'thumb:event-a', 'aaaa', { commandNs: 52, replyNs: 53 }),
        wireGet(4, 'thumb:event-b', 'bbbb', { commandNs: 52, replyNs: 53 }),
      ],
      wireConnections: [connection(1)],
    },
    ends: 'Its own reply came one before',
  },
  {
    hop: 'cache-server',
    says: 'a reply with a value that no command ever stored under that key',
    rows: annWasShown({
      cacheCalls: [...storedCalls, get('thumb:event-a', 'bbbb')],
      wire: [...storedOnWire, wireGet(3, 'thumb:event-a', 'bbbb')],
    }),
    ends: 'the last command that stored under that key carried value aaaa',
  },
  {
    hop: 'source-of-truth',
    says: 'a value that the source of truth gave for that key',
    rows: annWasShown({
      cacheCalls: [
        set('thumb:event-a', 'bbbb', { requestId: 'r-dora' }),
        get('thumb:event-a', 'bbbb'),
      ],
      origins: [{ key: 'thumb:event-a', atNs: 9, requestId: 'r-dora', digest: 'bbbb' }],
      wire: [wireSet(1, 'thumb:event-a', 'bbbb'), wireGet(2, 'thumb:event-a', 'bbbb')],
    }),
    ends: 'the source of truth had given exactly that',
  },
  {
    hop: 'generator',
    says: 'bytes that the backend never sent, with nothing between it and ourselves',
    rows: annWasShown({
      answers: [answer('aaaa')],
      cacheCalls: [...storedCalls, get('thumb:event-a', 'aaaa')],
      wire: [...storedOnWire, wireGet(3, 'thumb:event-a', 'aaaa')],
    }),
    ends: 'the load generator showed the wrong bytes',
  },
  {
    hop: 'generator',
    says: 'a swap of our own that reached a viewer who is no canary',
    rows: annWasShown({ shown: [shown({ swapped: true })] }),
    ends: 'on purpose',
  },
  {
    hop: 'unknown',
    says: 'a system that does not say what it asks of its cache',
    rows: annWasShown({
      answers: [],
      wire: [...storedOnWire, wireGet(3, 'thumb:event-b', 'bbbb')],
    }),
    ends: 'the cache is not to blame',
  },
  {
    hop: 'unknown',
    says: 'a page that was read with one command of many keys',
    rows: annWasShown({
      cacheCalls: [
        ...storedCalls,
        get('thumb:event-c', 'cccc', { id: 7, callId: 7, call: 'getMany' }),
        get('thumb:event-a', 'bbbb', { id: 8, callId: 7, call: 'getMany' }),
      ],
      wire: [
        ...storedOnWire,
        wireGet(3, 'thumb:event-c', null, { command: 'MGET', replyType: '*' }),
      ],
    }),
    ends: 'cannot tell which value came in which place',
  },
  {
    hop: 'unknown',
    says: 'a wire that did not write down what was stored',
    rows: annWasShown({
      cacheCalls: [...storedCalls, get('thumb:event-a', 'bbbb')],
      wire: [
        wireSet(1, 'thumb:event-a', 'aaaa', { valueDigest: null }),
        wireGet(3, 'thumb:event-a', 'bbbb'),
      ],
    }),
    ends: 'does not say which values',
  },
];

test.each(pictures)('$hop: $says', ({ hop, rows, ends }) => {
  const { hops, stories, followed } = attributed(rows, shownWrong);
  expect({ hops, followed }).toEqual({ hops: [{ hop, count: 1 }], followed: 1 });
  expect(stories[0]?.steps.at(-1)).toContain(ends);
});

const owners = (told: string): LiteralRows => ({
  told: [
    {
      id: 5,
      deviceId: 'ann-door',
      atNs: 120,
      toldDeviceId: 'ann-door',
      toldOwnerId: told,
      surface: 'heartbeat',
    },
  ],
  wireConnections: [connection(1)],
});
const toldWrong = violation('mapping', { table: 'told', id: 5 });
const asked = { requestId: 'ann-door.1.heartbeat-1' };

test('a camera that was told a wrong owner is followed by what was read for its answer, and no other', () => {
  const rows: LiteralRows = {
    ...owners('ben'),
    cacheCalls: [
      set('device:ann-door:owner', 'aaaa'),
      set('device:ben-yard:owner', 'bbbb'),
      get('device:ann-door:owner', 'bbbb', asked),
      // Read after it had been told.
      get('device:ann-door:owner', 'aaaa', { ...asked, startedNs: 125, doneNs: 126 }),
    ],
    wire: [
      wireGet(3, 'device:ann-door:owner', 'aaaa'),
      wireGet(4, 'device:ben-yard:owner', 'bbbb'),
    ],
  };
  expect(attributed(rows, toldWrong).hops).toEqual([{ hop: 'client-library', count: 1 }]);
});

test('a copy that outlived the delete of its key was kept above the wire, where the wire was not asked', () => {
  const rows: LiteralRows = {
    ...owners('ann'),
    cacheCalls: [
      set('device:ann-door:owner', 'aaaa'),
      get('device:ann-door:owner', null, {
        call: 'delete',
        outcome: 'deleted',
        startedNs: 50,
        doneNs: 60,
      }),
      get('device:ann-door:owner', 'aaaa', asked),
    ],
    wire: [wireSet(1, 'device:ann-door:owner', 'aaaa')],
  };
  const { hops, stories } = attributed(rows, toldWrong);
  expect(hops).toEqual([{ hop: 'coalescer', count: 1 }]);
  expect(stories[0]?.steps.at(-1)).toContain('had kept a copy');
});

test('a delete that the library accepted and never sent is a wrong write', () => {
  const rows: LiteralRows = {
    ...owners('ann'),
    cacheCalls: [
      set('device:ann-door:owner', 'aaaa'),
      get('device:ann-door:owner', null, {
        call: 'delete',
        outcome: 'deleted',
        startedNs: 50,
        doneNs: 60,
      }),
      get('device:ann-door:owner', 'aaaa', asked),
    ],
    wire: [
      wireSet(1, 'device:ann-door:owner', 'aaaa'),
      wireGet(2, 'device:ann-door:owner', 'aaaa'),
    ],
  };
  expect(attributed(rows, toldWrong).hops).toEqual([{ hop: 'library-write', count: 1 }]);
});

test('an event that was filed under a misread owner is laid at the door of whoever misread it', () => {
  const upload = { ...asked, requestId: 'ben-yard.1.upload-1', startedNs: 30, doneNs: 40 };
  const rows: LiteralRows = {
    ops: [
      op({ kind: 'list' }),
      op({
        id: 2,
        actorKind: 'camera',
        actorId: 'ben-yard',
        kind: 'upload',
        requestId: upload.requestId,
        askedEventId: 'event-b',
        sentNs: 29,
      }),
    ],
    shown: [shown({ surface: 'list', askedEventId: null, digest: null })],
    cacheCalls: [
      set('device:ann-door:owner', 'aaaa'),
      set('device:ben-yard:owner', 'bbbb'),
      get('device:ben-yard:owner', 'aaaa', upload),
      set('user:ann:events', 'dddd', { requestId: 'r-ann-before', startedNs: 60, doneNs: 70 }),
      get('user:ann:events', 'dddd'),
    ],
    wire: [
      wireGet(3, 'device:ann-door:owner', 'aaaa', { commandNs: 31, replyNs: 33 }),
      wireGet(4, 'device:ben-yard:owner', 'bbbb', { commandNs: 32, replyNs: 34 }),
      wireGet(5, 'user:ann:events', 'dddd'),
    ],
    wireConnections: [connection(1)],
  };
  const { hops, stories } = attributed(rows, shownWrong);
  expect(hops).toEqual([{ hop: 'client-library', count: 1 }]);
  expect(stories[0]?.steps[1]).toContain('event-b was filed while ben-yard uploaded it');
});

test('a session that the library misread explains who was served as whom', () => {
  const rows: LiteralRows = {
    ops: [op({ toldUserId: 'ben' })],
    cacheCalls: [
      set('session:ann.1', 'aaaa'),
      set('session:ben.1', 'bbbb'),
      get('session:ann.1', 'bbbb'),
    ],
    wire: [wireGet(3, 'session:ann.1', 'aaaa'), wireGet(4, 'session:ben.1', 'bbbb')],
    wireConnections: [connection(1)],
  };
  expect(attributed(rows, violation('mapping', { table: 'op', id: 1 })).hops).toEqual([
    { hop: 'client-library', count: 1 },
  ]);
});

test('a request without a session that was answered is the backend’s', () => {
  const rows: LiteralRows = {
    ops: [op({ credential: 'none', toldUserId: null })],
    cacheCalls: [get('session:none', null, { outcome: 'error', error: 'LOADING' })],
  };
  expect(attributed(rows, violation('fails-closed', { table: 'op', id: 1 })).hops).toEqual([
    { hop: 'backend', count: 1 },
  ]);
});

test('what lies under a wrong key after calm was written there by the library, whoever asked', () => {
  const rows: LiteralRows = {
    sweeps: [
      {
        id: 1,
        store: 'cache',
        key: 'thumb:event-a',
        atNs: 900,
        state: 'intact',
        ownerId: 'ben',
        deviceId: 'ben-yard',
        eventId: 'event-b',
        version: 1,
        tailDeviceId: null,
        value: null,
        bytes: 5000,
        digest: 'bbbb',
      },
    ],
    cacheCalls: storedCalls,
    wire: [wireSet(1, 'thumb:event-a', 'bbbb'), wireSet(2, 'thumb:event-b', 'aaaa')],
  };
  expect(attributed(rows, violation('stored', { table: 'sweep', id: 1 })).hops).toEqual([
    { hop: 'library-write', count: 1 },
  ]);
});

test('a queue that slipped is told since when, by how much, and with what passed around the reply', () => {
  const page = ['event-x', 'event-y', 'event-a'].map((event, index) =>
    wireGet(index + 1, `thumb:${event}`, index === 2 ? null : `00${index}0`, {
      burst: 1,
      burstPlace: index + 1,
      commandNs: 60,
      replyNs: index === 2 ? null : 62,
      fate: index === 2 ? 'cut' : 'delivered',
      faultId: index === 2 ? 'cut-1' : null,
    }),
  );
  const rows = annWasShown({
    ...owners('ben'),
    cacheCalls: [
      ...storedCalls,
      set('device:ann-door:owner', 'one-value'),
      set('device:ben-yard:owner', 'two-value'),
      // Left over from the connection that was cut: it is handed the first reply of the next one, and so on.
      get('thumb:event-a', 'bbbb', { startedNs: 59, doneNs: 85 }),
      get('thumb:event-b', 'one-value', { requestId: 'r-ben', startedNs: 80, doneNs: 86 }),
      get('device:ann-door:owner', 'two-value', { ...asked, startedNs: 81, doneNs: 87 }),
    ],
    wire: [
      ...page,
      wireGet(1, 'thumb:event-b', 'bbbb', { connection: 2, commandNs: 82, replyNs: 83 }),
      wireGet(2, 'device:ann-door:owner', 'one-value', {
        connection: 2,
        commandNs: 82,
        replyNs: 84,
      }),
      wireGet(3, 'device:ben-yard:owner', 'two-value', {
        connection: 2,
        commandNs: 82,
        replyNs: 85,
      }),
    ],
    wireConnections: [
      connection(1, { closedNs: 63, closedBy: 'rule', faultId: 'cut-1', outstanding: 1 }),
      connection(2),
    ],
  });
  const { hops, stories } = attributed(rows, shownWrong, toldWrong);
  expect(hops).toEqual([{ hop: 'client-library', count: 2 }]);
  expect(stories[0]?.steps.slice(2)).toEqual([
    'GET thumb:event-a, command 3 on connection 1, was never answered: the connection was cut by cut-1 before its reply.',
    'Reply 1 on connection 2 answered GET thumb:event-b and was handed to the caller of GET thumb:event-a.',
    'Before that, connection 1 was cut by cut-1 after reply 2 of 3 at 0.000 s.',
  ]);
  expect(stories[1]?.steps.slice(3)).toEqual([
    'Reply 3 on connection 2 answered GET device:ben-yard:owner and was handed to the caller of GET device:ann-door:owner.',
    'The queue has been one off since connection 1 was cut by cut-1 after reply 2 of 3 at 0.000 s: 3 of the 3 values that were handed over from connection 2 until then went to the wrong caller.',
  ]);
  const lines = stories[0]?.diagram?.lines ?? [];
  expect(lines.flatMap((line) => (line.kind === 'note' ? [line.says] : []))).toEqual([
    'connection 1, from command 1',
    'connection 1 was cut by cut-1 after reply 2 of 3 at 0.000 s',
  ]);
  expect(
    lines.flatMap((line) =>
      line.kind === 'command' && line.connection === 2
        ? [[line.command, line.handedTo, line.astray, line.marked]]
        : [],
    ),
  ).toEqual([
    ['GET thumb:event-b', 'thumb:event-a', true, true],
    ['GET device:ann-door:owner', 'thumb:event-b', true, false],
    ['GET device:ben-yard:owner', 'device:ann-door:owner', true, false],
  ]);
});

test('violations of time are not followed, and a record without taps says what it cannot tell', () => {
  const late = violation('settles', { table: 'op', id: 1 });
  expect(attributed({ ops: [op()] }, late)).toEqual({
    hops: [],
    stories: [],
    followed: 0,
    violations: 0,
    blindSpots: [],
  });
  folder = mkdtempSync(path.join(root, 'record-'));
  const { hops, blindSpots } = attributed({ ops: [op()], shown: [shown()] }, shownWrong, late);
  expect(hops).toEqual([{ hop: 'unknown', count: 1 }]);
  expect(blindSpots).toHaveLength(3);
});
