import { DatabaseSync } from 'node:sqlite';
import type { Population } from '../../harness/model/population.ts';
import { digestOf } from './digests.ts';
import type { DevicesEntry, EventEntry, EventKind, ListedEvent } from './entries.ts';

/** Events that a list holds at most; `limit` asks for the first of them. */
export const listedEventsMax = 50;

interface StoredEvent {
  readonly eventId: string;
  readonly deviceId: string;
  /** Under whom it is filed. */
  readonly ownerId: string;
  readonly kind: EventKind;
  readonly version: number;
  readonly thumbnail: Uint8Array;
  readonly clip: Uint8Array;
}

/** The two kinds of bytes of an event. */
export type Picture = 'thumbnail' | 'clip';

/** The SQLite database that everything else is a copy of. Every call is synchronous, so nothing comes between it and the next. */
export interface SourceOfTruth extends People, Relations, Events {
  /** Writes the population in one transaction; people and devices of the same names are replaced. */
  provision(population: Population): void;
  /** Names that are there and come after the given one, in order. */
  names(
    kind: Named,
    page: { readonly after: string; readonly countMax: number },
  ): readonly string[];
  close(): void;
}

/** What has a name of its own: a session's is its token. */
export type Named = 'session' | 'device' | 'user' | 'event';

interface People {
  isPassword(userId: string, given: string): boolean;
  isUser(userId: string): boolean;
  addSession(token: string, userId: string): void;
  sessionUser(token: string): string | undefined;
  dropSession(token: string): void;
  /** Grows by one with each `dropSessions`; a session of an earlier epoch is over, whoever still holds a copy of it. */
  sessionEpoch(): number;
  dropSessions(): void;
}

interface Relations {
  deviceSecret(deviceId: string): string | undefined;
  deviceOwner(deviceId: string): string | undefined;
  userDevices(userId: string): DevicesEntry;
  sharers(deviceId: string): readonly string[];
  /** Whoever owns the device or did once: events stay with whom they were filed under. */
  everOwners(deviceId: string): readonly string[];
  addShare(userId: string, deviceId: string): void;
  dropShare(userId: string, deviceId: string): void;
  transfer(deviceId: string, userId: string): void;
  removeDevice(deviceId: string): void;
}

interface Events {
  /** Keeps an event's place in the lists when it is uploaded again. */
  store(event: StoredEvent): void;
  event(eventId: string): EventEntry | undefined;
  /** The same, and the version that is there. */
  filed(eventId: string): (EventEntry & { readonly version: number }) | undefined;
  eventsOfDevice(deviceId: string): readonly string[];
  listedEvents(userId: string): readonly ListedEvent[];
  picture(kind: Picture, eventId: string): Uint8Array | undefined;
  /** Whether these bytes are the ones that were uploaded for the event. */
  isPictureOf(kind: Picture, eventId: string, digest: string): boolean;
  /** Whether the user may see the event: by the event's own record, its device's owners and shares. */
  maySee(userId: string, eventId: string): boolean;
}

/**
 * Opens or creates the database at `path`; `:memory:` keeps it out of files. It need not survive a crash of the machine
 * (`synchronous=OFF`): a run starts with a new one.
 */
export function openSourceOfTruth(path: string): SourceOfTruth {
  const database = new DatabaseSync(path);
  database.exec(schema);
  return {
    ...people(database),
    ...relations(database),
    ...events(database),
    names: names(database),
    provision: (population) => provision(database, population),
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

/** `ownership` keeps who ever owned a device: an event stays with whom it was recorded for when the device moves on. */
const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = OFF;
  CREATE TABLE IF NOT EXISTS user (user_id TEXT PRIMARY KEY, password TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS device (
    device_id TEXT PRIMARY KEY, owner_id TEXT NOT NULL, secret TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS device_of_owner ON device (owner_id);
  CREATE TABLE IF NOT EXISTS ownership (
    device_id TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (device_id, user_id)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS share (
    user_id TEXT NOT NULL, device_id TEXT NOT NULL, PRIMARY KEY (user_id, device_id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS share_of_device ON share (device_id);
  CREATE TABLE IF NOT EXISTS session (token TEXT PRIMARY KEY, user_id TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS event (
    sequence INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, device_id TEXT NOT NULL, owner_id TEXT NOT NULL,
    kind TEXT NOT NULL, version INTEGER NOT NULL, thumbnail_digest TEXT NOT NULL, clip_digest TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS event_of_owner ON event (owner_id, sequence);
  CREATE INDEX IF NOT EXISTS event_of_device ON event (device_id, sequence);
  CREATE TABLE IF NOT EXISTS picture (event_id TEXT PRIMARY KEY, thumbnail BLOB NOT NULL, clip BLOB NOT NULL);
`;

function people(database: DatabaseSync): People {
  const password = database.prepare('SELECT 1 FROM user WHERE user_id = ? AND password = ?');
  const user = database.prepare('SELECT 1 FROM user WHERE user_id = ?');
  const addSession = database.prepare('INSERT INTO session (token, user_id) VALUES (?, ?)');
  const session = database.prepare('SELECT user_id FROM session WHERE token = ?');
  const dropSession = database.prepare('DELETE FROM session WHERE token = ?');
  const epoch = database.prepare('PRAGMA user_version');
  const dropSessions = database.prepare('DELETE FROM session');
  return {
    isPassword: (userId, given) => password.get(userId, given) !== undefined,
    isUser: (userId) => user.get(userId) !== undefined,
    addSession: (token, userId) => void addSession.run(token, userId),
    sessionUser: (token) => textIn(session.get(token), 'user_id'),
    dropSession: (token) => void dropSession.run(token),
    sessionEpoch: () => Number(epoch.get()?.['user_version']),
    dropSessions: () => {
      dropSessions.run();
      database.exec(`PRAGMA user_version = ${Number(epoch.get()?.['user_version']) + 1}`);
    },
  };
}

function relations(database: DatabaseSync): Relations {
  const secret = database.prepare('SELECT secret FROM device WHERE device_id = ?');
  const owner = database.prepare('SELECT owner_id FROM device WHERE device_id = ?');
  const devices = database.prepare(`
    SELECT device_id AS deviceId, owner_id AS ownerId FROM device WHERE owner_id = :user
    UNION
    SELECT device_id, owner_id FROM share JOIN device USING (device_id) WHERE user_id = :user
    ORDER BY 1`);
  const sharers = database.prepare('SELECT user_id FROM share WHERE device_id = ?');
  const owners = database.prepare('SELECT user_id FROM ownership WHERE device_id = ?');
  const addShare = database.prepare(
    'INSERT OR IGNORE INTO share (user_id, device_id) VALUES (?, ?)',
  );
  const dropShare = database.prepare('DELETE FROM share WHERE user_id = ? AND device_id = ?');
  const dropShares = database.prepare('DELETE FROM share WHERE device_id = ?');
  const setOwner = database.prepare('UPDATE device SET owner_id = ? WHERE device_id = ?');
  const addOwnership = database.prepare(
    'INSERT OR IGNORE INTO ownership (device_id, user_id) VALUES (?, ?)',
  );
  const dropOwnership = database.prepare('DELETE FROM ownership WHERE device_id = ?');
  const dropDevice = database.prepare('DELETE FROM device WHERE device_id = ?');
  const dropPictures = database.prepare(
    'DELETE FROM picture WHERE event_id IN (SELECT event_id FROM event WHERE device_id = ?)',
  );
  const dropEvents = database.prepare('DELETE FROM event WHERE device_id = ?');
  return {
    deviceSecret: (deviceId) => textIn(secret.get(deviceId), 'secret'),
    deviceOwner: (deviceId) => textIn(owner.get(deviceId), 'owner_id'),
    userDevices: (userId) => ({
      devices: devices.all({ user: userId }) as unknown as DevicesEntry['devices'],
    }),
    sharers: (deviceId) => sharers.all(deviceId).map((row) => String(row['user_id'])),
    everOwners: (deviceId) => owners.all(deviceId).map((row) => String(row['user_id'])),
    addShare: (userId, deviceId) => void addShare.run(userId, deviceId),
    dropShare: (userId, deviceId) => void dropShare.run(userId, deviceId),
    transfer: (deviceId, userId) =>
      inTransaction(database, () => {
        setOwner.run(userId, deviceId);
        addOwnership.run(deviceId, userId);
        dropShares.run(deviceId);
      }),
    removeDevice: (deviceId) =>
      inTransaction(database, () => {
        for (const each of [dropPictures, dropEvents, dropShares, dropOwnership, dropDevice])
          each.run(deviceId);
      }),
  };
}

function events(database: DatabaseSync): Events {
  const upsert = database.prepare(`
    INSERT INTO event (event_id, device_id, owner_id, kind, version, thumbnail_digest, clip_digest)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (event_id) DO UPDATE SET owner_id = excluded.owner_id, kind = excluded.kind,
      version = excluded.version, thumbnail_digest = excluded.thumbnail_digest, clip_digest = excluded.clip_digest`);
  const setPicture = database.prepare(
    'INSERT OR REPLACE INTO picture (event_id, thumbnail, clip) VALUES (?, ?, ?)',
  );
  const filed = database.prepare(
    'SELECT device_id, owner_id, version FROM event WHERE event_id = ?',
  );
  const ofDevice = database.prepare('SELECT event_id FROM event WHERE device_id = ?');
  const listed = database.prepare(listedSql);
  const pictures = {
    thumbnail: database.prepare('SELECT thumbnail AS bytes FROM picture WHERE event_id = ?'),
    clip: database.prepare('SELECT clip AS bytes FROM picture WHERE event_id = ?'),
  };
  const digests = {
    thumbnail: database.prepare('SELECT 1 FROM event WHERE event_id = ? AND thumbnail_digest = ?'),
    clip: database.prepare('SELECT 1 FROM event WHERE event_id = ? AND clip_digest = ?'),
  };
  const visible = database.prepare(visibleSql);
  return {
    store: (stored) =>
      inTransaction(database, () => {
        const { eventId, deviceId, ownerId, kind, version, thumbnail, clip } = stored;
        const digestsOf = [digestOf(thumbnail), digestOf(clip)] as const;
        upsert.run(eventId, deviceId, ownerId, kind, version, ...digestsOf);
        setPicture.run(eventId, thumbnail, clip);
      }),
    event: (eventId) => {
      const row = filed.get(eventId);
      if (row === undefined) return undefined;
      return { deviceId: String(row['device_id']), ownerId: String(row['owner_id']) };
    },
    filed: (eventId) => {
      const row = filed.get(eventId);
      if (row === undefined) return undefined;
      const { device_id: deviceId, owner_id: ownerId, version } = row;
      return { deviceId: String(deviceId), ownerId: String(ownerId), version: Number(version) };
    },
    eventsOfDevice: (deviceId) => ofDevice.all(deviceId).map((row) => String(row['event_id'])),
    listedEvents: (userId) =>
      listed.all({ user: userId, limit: listedEventsMax }) as unknown as readonly ListedEvent[],
    picture: (kind, eventId) => pictures[kind].get(eventId)?.['bytes'] as Uint8Array | undefined,
    isPictureOf: (kind, eventId, digest) => digests[kind].get(eventId, digest) !== undefined,
    maySee: (userId, eventId) => visible.get({ user: userId, event: eventId }) !== undefined,
  };
}

/** What is filed under the user, and what shared devices recorded for their present owner. */
const listedSql = `
  SELECT event_id AS eventId, device_id AS deviceId, kind, version FROM (
    SELECT * FROM (SELECT * FROM event WHERE owner_id = :user ORDER BY sequence DESC LIMIT :limit)
    UNION
    SELECT * FROM (
      SELECT event.* FROM share JOIN device USING (device_id)
      JOIN event ON event.device_id = device.device_id AND event.owner_id = device.owner_id
      WHERE share.user_id = :user ORDER BY sequence DESC LIMIT :limit)
  ) ORDER BY sequence DESC LIMIT :limit`;

/** The same rule for one event, and an event that is filed under somebody who never owned its device is nobody's. */
const visibleSql = `
  SELECT 1 FROM event JOIN ownership
    ON ownership.device_id = event.device_id AND ownership.user_id = event.owner_id
  WHERE event_id = :event AND (event.owner_id = :user OR EXISTS (
    SELECT 1 FROM share JOIN device USING (device_id)
    WHERE share.user_id = :user AND device_id = event.device_id AND device.owner_id = event.owner_id))`;

function names(database: DatabaseSync): SourceOfTruth['names'] {
  const listed = (column: string, table: string) =>
    database.prepare(
      `SELECT ${column} AS name FROM ${table} WHERE ${column} > ? ORDER BY ${column} LIMIT ?`,
    );
  const statements = {
    session: listed('token', 'session'),
    device: listed('device_id', 'device'),
    user: listed('user_id', 'user'),
    event: listed('event_id', 'event'),
  };
  return (kind, { after, countMax }) =>
    statements[kind].all(after, countMax).map((row) => String(row['name']));
}

function provision(database: DatabaseSync, { users, devices }: Population): void {
  const addUser = database.prepare('INSERT OR REPLACE INTO user (user_id, password) VALUES (?, ?)');
  const addDevice = database.prepare(
    'INSERT OR REPLACE INTO device (device_id, owner_id, secret) VALUES (?, ?, ?)',
  );
  const addOwnership = database.prepare(
    'INSERT OR IGNORE INTO ownership (device_id, user_id) VALUES (?, ?)',
  );
  const addShare = database.prepare(
    'INSERT OR IGNORE INTO share (user_id, device_id) VALUES (?, ?)',
  );
  inTransaction(database, () => {
    for (const { userId } of users) addUser.run(userId, `password-of-${userId}`);
    for (const { deviceId, ownerId, sharedWith } of devices) {
      addDevice.run(deviceId, ownerId, `secret-of-${deviceId}`);
      addOwnership.run(deviceId, ownerId);
      for (const userId of sharedWith) addShare.run(userId, deviceId);
    }
  });
}

function inTransaction(database: DatabaseSync, write: () => void): void {
  database.exec('BEGIN');
  try {
    write();
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

type Row = Readonly<Record<string, unknown>> | undefined;

function textIn(row: Row, column: string): string | undefined {
  const value = row?.[column];
  return typeof value === 'string' ? value : undefined;
}
