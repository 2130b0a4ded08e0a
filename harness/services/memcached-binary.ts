import {
  type Exchange,
  flush,
  keyBytesMax,
  memcachedVersion,
  next,
  type Step,
  statistics,
} from './memcached-exchange.ts';
import { type Item, itemFits } from './memcached-item.ts';
import type { StoreMode } from './memcached-store.ts';

/** The first byte of a binary request. A connection that begins with another one speaks text. */
export const requestMagic = 0x80;
export const headerBytes = 24;
const responseMagic = 0x81;

/** A binary request without its value. */
export interface BinaryRequest {
  /** As it was sent; the answer repeats it. */
  readonly operation: number;
  readonly extras: Buffer;
  /** latin1 */
  readonly key: string;
  readonly extrasBytes: number;
  readonly keyBytes: number;
  readonly bodyBytes: number;
  readonly opaque: number;
  readonly cas: bigint;
}

/** Takes apart what stands before the value. `bytes` holds the header, the extras and the key. */
export function readBinaryRequest(bytes: Buffer): BinaryRequest {
  const keyBytes = bytes.readUInt16BE(2);
  const extrasBytes = bytes.readUInt8(4);
  const keyFrom = headerBytes + extrasBytes;
  return {
    operation: bytes.readUInt8(1),
    extras: bytes.subarray(headerBytes, keyFrom),
    key: bytes.toString('latin1', keyFrom, keyFrom + keyBytes),
    extrasBytes,
    keyBytes,
    bodyBytes: bytes.readUInt32BE(8),
    opaque: bytes.readUInt32BE(12),
    cas: bytes.readBigUInt64BE(16),
  };
}

type Failure = keyof typeof failures;

const failures = {
  notFound: [0x01, 'Not found'],
  exists: [0x02, 'Data exists for key.'],
  tooLarge: [0x03, 'Too large.'],
  invalid: [0x04, 'Invalid arguments'],
  notStored: [0x05, 'Not stored.'],
  notANumber: [0x06, 'Non-numeric server-side value for incr or decr'],
  unknown: [0x81, 'Unknown command'],
  outOfMemory: [0x82, 'Out of memory'],
} as const;

interface Call {
  readonly exchange: Exchange;
  readonly request: BinaryRequest;
  /** Sent with a quiet operation: a success, or the miss of a get, is not told. */
  readonly isQuiet: boolean;
}

interface Operation {
  readonly fits: (request: BinaryRequest) => boolean;
  readonly run: (call: Call) => Step;
}

/** Runs one request of the binary protocol as memcached 1.6.18 does. */
export function runBinaryRequest(exchange: Exchange, request: BinaryRequest): Step {
  const { keyBytes, extrasBytes, bodyBytes } = request;
  const loud = { exchange, request, isQuiet: false };
  if (keyBytes + extrasBytes > bodyBytes) {
    refuse(loud, 'unknown');
    return { kind: 'end' };
  }
  if (keyBytes > keyBytesMax) return refuseAndEnd(loud);
  const plain = plainOperations.get(request.operation);
  const operation = operations.get(plain ?? request.operation);
  if (operation === undefined) {
    refuse(loud, 'unknown');
    // The key and the extras were read already and are counted again: so does memcached.
    return swallow(bodyBytes);
  }
  const call = { exchange, request, isQuiet: plain !== undefined };
  return operation.fits(request) ? operation.run(call) : refuseAndEnd(call);
}

/** From the quiet operations to those that they are otherwise like. */
const plainOperations = new Map<number, number>([
  [0x09, 0x00],
  [0x0d, 0x0c],
  [0x11, 0x01],
  [0x12, 0x02],
  [0x13, 0x03],
  [0x14, 0x04],
  [0x15, 0x05],
  [0x16, 0x06],
  [0x17, 0x07],
  [0x18, 0x08],
  [0x19, 0x0e],
  [0x1a, 0x0f],
  [0x1e, 0x1d],
  [0x24, 0x23],
]);

const isBare = ({ bodyBytes }: BinaryRequest): boolean => bodyBytes === 0;
const isKeyAlone = ({ extrasBytes, keyBytes, bodyBytes }: BinaryRequest): boolean =>
  extrasBytes === 0 && keyBytes > 0 && bodyBytes === keyBytes;
const isNumber = ({ extrasBytes, keyBytes, bodyBytes }: BinaryRequest): boolean =>
  keyBytes > 0 && extrasBytes === 20 && bodyBytes === keyBytes + extrasBytes;
const isKeyAndTime = ({ extrasBytes, keyBytes }: BinaryRequest): boolean =>
  extrasBytes === 4 && keyBytes > 0;
const isStore = ({ extrasBytes, keyBytes }: BinaryRequest): boolean =>
  extrasBytes === 8 && keyBytes > 0;
const isJoin = ({ extrasBytes, keyBytes }: BinaryRequest): boolean =>
  extrasBytes === 0 && keyBytes > 0;
const isFlush = ({ extrasBytes, keyBytes, bodyBytes }: BinaryRequest): boolean =>
  keyBytes === 0 && bodyBytes === extrasBytes && (extrasBytes === 0 || extrasBytes === 4);

const operations = new Map<number, Operation>([
  [0x00, { fits: isKeyAlone, run: get({}) }],
  [0x01, { fits: isStore, run: update('set') }],
  [0x02, { fits: isStore, run: update('add') }],
  [0x03, { fits: isStore, run: update('replace') }],
  [0x04, { fits: isKeyAlone, run: remove }],
  [0x05, { fits: isNumber, run: change(true) }],
  [0x06, { fits: isNumber, run: change(false) }],
  [0x07, { fits: isBare, run: quit }],
  [0x08, { fits: isFlush, run: flushAll }],
  [0x0a, { fits: isBare, run: noop }],
  [0x0b, { fits: isBare, run: (call) => succeed(call, { value: Buffer.from(memcachedVersion) }) }],
  [0x0c, { fits: isKeyAlone, run: get({ givesKey: true }) }],
  [0x0e, { fits: isJoin, run: update('append') }],
  [0x0f, { fits: isJoin, run: update('prepend') }],
  [0x10, { fits: ({ extrasBytes }) => extrasBytes === 0, run: stats }],
  [0x1c, { fits: isKeyAndTime, run: get({ touches: true, leavesValueOut: true }) }],
  [0x1d, { fits: isKeyAndTime, run: get({ touches: true }) }],
  [0x20, { fits: isBare, run: noAuthentication }],
  [0x21, { fits: isJoin, run: noAuthentication }],
  [0x22, { fits: isJoin, run: noAuthentication }],
  [0x23, { fits: isKeyAndTime, run: get({ touches: true, givesKey: true }) }],
]);

interface Reply {
  readonly status?: number;
  readonly extras?: Buffer;
  readonly key?: string;
  readonly value?: Buffer;
  readonly cas?: bigint;
}

const nothing = Buffer.alloc(0);

function tell({ exchange, request }: Call, reply: Reply): void {
  const { status = 0, extras = nothing, key = '', value = nothing, cas = 0n } = reply;
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(responseMagic, 0);
  header.writeUInt8(request.operation, 1);
  header.writeUInt16BE(key.length, 2);
  header.writeUInt8(extras.length, 4);
  header.writeUInt16BE(status, 6);
  header.writeUInt32BE(extras.length + key.length + value.length, 8);
  header.writeUInt32BE(request.opaque, 12);
  header.writeBigUInt64BE(cas, 16);
  exchange.reply(Buffer.concat([header, extras, Buffer.from(key, 'latin1'), value]));
}

function succeed(call: Call, reply: Reply = {}): Step {
  if (!call.isQuiet) tell(call, reply);
  return next;
}

/** A failure is told to quiet operations too. */
function refuse(call: Call, failure: Failure, cas = 0n): Step {
  const [status, text] = failures[failure];
  tell(call, { status, value: Buffer.from(text), cas });
  return flush;
}

function refuseAndEnd(call: Call): Step {
  refuse(call, 'invalid');
  return { kind: 'end' };
}

function get({
  touches = false,
  givesKey = false,
  leavesValueOut = false,
}: {
  readonly touches?: boolean;
  readonly givesKey?: boolean;
  readonly leavesValueOut?: boolean;
}): (call: Call) => Step {
  return (call) => {
    const { exchange, request, isQuiet } = call;
    const { store, counters } = exchange;
    const item = store.find(request.key, 'read');
    if (touches) counters.touches += 1;
    else counters.gets += 1;
    if (item === null) {
      counters.misses += 1;
      if (isQuiet) return next;
      if (!givesKey) return refuse(call, 'notFound');
      tell(call, { status: failures.notFound[0], key: request.key });
      return next;
    }
    counters.hits += 1;
    if (touches) item.expiresAt = store.expiry(request.extras.readUInt32BE(0));
    tell(call, {
      extras: flagsOf(item),
      key: givesKey ? request.key : '',
      value: leavesValueOut ? nothing : item.value,
      cas: item.cas,
    });
    exchange.hold(item);
    return next;
  };
}

function flagsOf({ flags }: Item): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(flags);
  return bytes;
}

function update(mode: StoreMode): (call: Call) => Step {
  return (call) => {
    const { exchange, request } = call;
    const { store } = exchange;
    const joins = mode === 'append' || mode === 'prepend';
    const flags = joins ? 0 : request.extras.readUInt32BE(0);
    const expiresAt = joins ? 0 : store.expiry(request.extras.readUInt32BE(4));
    const valueBytes = (request.bodyBytes - request.keyBytes - request.extrasBytes) | 0;
    if (valueBytes < 0 || !itemFits({ keyBytes: request.keyBytes, flags, valueBytes })) {
      refuse(call, 'tooLarge');
      const before = mode === 'set' ? store.find(request.key, 'look') : null;
      if (before !== null) store.unlink(before);
      return { kind: 'swallow', bytes: valueBytes };
    }
    return {
      kind: 'value',
      bytes: valueBytes,
      complete: (value) => {
        exchange.counters.sets += 1;
        const item = store.create({ key: request.key, flags, expiresAt, value, cas: request.cas });
        const isCompared = request.cas !== 0n && !joins;
        const outcome = store.store(item, { mode: isCompared ? 'cas' : mode });
        switch (outcome) {
          case 'stored':
            return succeed(call, { cas: item.cas });
          case 'exists':
            return refuse(call, 'exists');
          case 'missing':
            return refuse(call, 'notFound');
          case 'not-stored':
            return refuse(call, notStored[mode]);
          default:
            return outcome satisfies never;
        }
      },
    };
  };
}

const notStored: Record<StoreMode, Failure> = {
  add: 'exists',
  replace: 'notFound',
  set: 'notStored',
  cas: 'notStored',
  append: 'notStored',
  prepend: 'notStored',
};

function remove(call: Call): Step {
  const { exchange, request } = call;
  const item = exchange.store.find(request.key, 'look');
  if (item === null) return refuse(call, 'notFound');
  if (request.cas !== 0n && request.cas !== item.cas) return refuse(call, 'exists');
  exchange.store.unlink(item);
  return succeed(call);
}

/** With this as its expiry time a number that is not there is not made. */
const neverCreate = 0xffffffff;

function change(isIncrement: boolean): (call: Call) => Step {
  return (call) => {
    const { exchange, request } = call;
    const { store } = exchange;
    const delta = request.extras.readBigUInt64BE(0);
    const outcome = store.change(request.key, { isIncrement, delta, cas: request.cas });
    switch (outcome.state) {
      case 'changed':
        return succeed(call, { value: uint64(BigInt(outcome.text)), cas: outcome.item.cas });
      case 'not-a-number':
        return refuse(call, 'notANumber');
      case 'too-large':
        return refuse(call, 'outOfMemory');
      case 'mismatch':
        return refuse(call, 'exists');
      case 'missing': {
        const seconds = request.extras.readUInt32BE(16);
        if (seconds === neverCreate) return refuse(call, 'notFound');
        const initial = request.extras.readBigUInt64BE(8);
        const item = store.create({
          key: request.key,
          flags: 0,
          value: Buffer.from(initial.toString()),
          expiresAt: store.expiry(seconds),
          cas: 0n,
        });
        store.link(item);
        return succeed(call, { value: uint64(initial), cas: item.cas });
      }
      default:
        return outcome satisfies never;
    }
  };
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

function flushAll(call: Call): Step {
  const { exchange, request } = call;
  const seconds = request.extrasBytes === 4 ? request.extras.readUInt32BE(0) : 0;
  exchange.counters.flushes += 1;
  exchange.store.flush(seconds > 0 ? exchange.store.expiry(seconds) : 0);
  return succeed(call);
}

function noop(call: Call): Step {
  succeed(call);
  return flush;
}

function quit(call: Call): Step {
  succeed(call);
  return { kind: 'end' };
}

function stats(call: Call): Step {
  const { key } = call.request;
  if (key === '')
    for (const [name, value] of statistics(call.exchange))
      tell(call, { key: name, value: Buffer.from(value) });
  else if (!key.startsWith('reset')) return refuse(call, 'notFound');
  tell(call, {});
  return next;
}

function noAuthentication(call: Call): Step {
  refuse(call, 'unknown');
  return swallow(call.request.bodyBytes - call.request.keyBytes);
}

function swallow(bytes: number): Step {
  return bytes > 0 ? { kind: 'swallow', bytes } : flush;
}
