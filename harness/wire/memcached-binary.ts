import { type Asked, type AskedQueue, becauseOf, type Fit } from './asked-queue.ts';
import type { CommandFrame, ReplyFrame } from './framing.ts';
import type { GrowingCommand } from './growing-command.ts';
import { type Begun, end, lost, type Part } from './part-framer.ts';
import { newReply, payloadOf } from './payload.ts';
import { latin1, textOf } from './text-words.ts';

export const requestMagic = 0x80;
export const responseMagic = 0x81;

/** What the head of a binary reply tells of the command that it answers. */
export interface BinaryReply {
  readonly opcode: number;
  readonly opaque: number;
  /** Empty when the reply carries none, or is an error. */
  readonly key: string;
}

export interface BinaryCommandOptions {
  readonly asked: AskedQueue<BinaryReply>;
  /** What is kept of a key. */
  readonly keyBytesMax: number;
}

interface Head {
  readonly magic: number;
  readonly opcode: number;
  readonly keyBytes: number;
  readonly extrasBytes: number;
  readonly status: number;
  readonly bodyBytes: number;
  readonly opaque: number;
}

const headBytes = 24;

/** Requests of memcached's binary protocol. Source: docs.memcached.org/protocols/binary and protocol_binary.h of memcached. */
export function beginBinaryCommand({
  asked,
  keyBytesMax,
}: BinaryCommandOptions): Begun<CommandFrame> {
  const frame: GrowingCommand = { command: '', key: null, expects: 'reply' };
  const readHead = (bytes: Uint8Array): Part => {
    const head = headOf(bytes);
    if (head.magic !== requestMagic) return lost(`no request begins with byte ${head.magic}`);
    const wrong = wrongLengths(head);
    if (wrong !== null) return lost(wrong);
    const { name, isQuiet } = operationOf(head.opcode);
    frame.command = name;
    frame.expects = isQuiet ? 'maybe' : 'reply';
    if (head.opcode === quitQuietly) {
      frame.expects = 'silence';
      return bodyBehind(head, { key: () => undefined, next: () => end });
    }
    if (asked.isFull) return lost('more quiet commands than quietMax came without any other');
    if (storing.has(head.opcode)) frame.value = [];
    const one = askedFor(head, isQuiet);
    asked.push(one);
    frame.withdraw = () => asked.withdraw(one);
    return bodyBehind(head, {
      key: (key) => {
        one.key = key;
        if (!isSecret(head.opcode)) frame.key = textOf(key, keyBytesMax);
      },
      ...(storing.has(head.opcode) ? { value: (piece) => frame.value?.push(piece) } : {}),
      next: () => {
        one.isComplete = true;
        if (one.wasAnswered) frame.expects = 'silence';
        return end;
      },
    });
  };
  return { frame, first: { type: 'head', bytes: headBytes, next: readHead } };
}

export interface BinaryReplyOptions {
  readonly asked: AskedQueue<BinaryReply>;
  readonly payloadBytesMax: number;
}

/** Responses. The payload is the value alone; `type` is the status, 0 for success. All the packets of STAT are one reply. */
export function beginBinaryReply({
  asked,
  payloadBytesMax,
}: BinaryReplyOptions): Begun<ReplyFrame> {
  const frame = newReply();
  const see = payloadOf(frame, payloadBytesMax);
  const readPacket = (isFirst: boolean): Part => ({
    type: 'head',
    bytes: headBytes,
    next: (bytes) => {
      const head = headOf(bytes);
      if (head.magic !== responseMagic) return lost(`no response begins with byte ${head.magic}`);
      const wrong = wrongLengths(head);
      if (wrong !== null) return lost(wrong);
      let key = '';
      return bodyBehind(head, {
        key: (text) => {
          key = text;
        },
        beforeValue: () => {
          if (!isFirst) return null;
          frame.type = String(head.status);
          const match = asked.match({ opcode: head.opcode, opaque: head.opaque, key });
          if (match.type === 'unclear') return lost(becauseOf('a response', match));
          frame.answers = match.type === 'answers';
          frame.skips = match.type === 'answers' ? match.skips : 0;
          return null;
        },
        value: head.status === 0 && hasValue(head) ? see : () => undefined,
        next: () => {
          const isListed = head.opcode === stat && head.status === 0 && head.keyBytes > 0;
          if (!isListed && head.status === 0 && hasValue(head)) see(new Uint8Array());
          return isListed ? readPacket(false) : end;
        },
      });
    },
  });
  return { frame, first: readPacket(true) };
}

/** Whether success comes with bytes that were stored, so that none of them is an empty value and not the lack of one. */
function hasValue({ opcode }: Head): boolean {
  return withValue.has(opcode);
}

const stat = 0x10;
const quitQuietly = 0x17;
/** GET, GETQ, GETK, GETKQ, INCREMENT, DECREMENT, NOOP apart, VERSION, STAT, and the GAT family. */
const withValue: ReadonlySet<number> = new Set([
  0x00,
  0x05,
  0x06,
  0x09,
  0x0b,
  0x0c,
  0x0d,
  stat,
  0x1d,
  0x1e,
  0x20,
  0x23,
  0x24,
]);

/** SET, ADD, REPLACE and their quiet forms: what they carry is what the key then holds. */
const storing: ReadonlySet<number> = new Set([0x01, 0x02, 0x03, 0x11, 0x12, 0x13]);

interface Body {
  readonly key: (key: string) => void;
  readonly beforeValue?: () => Part | null;
  readonly value?: (piece: Uint8Array) => void;
  readonly next: () => Part;
}

function bodyBehind(head: Head, { key, beforeValue, value, next }: Body): Part {
  const valueBytes = head.bodyBytes - head.extrasBytes - head.keyBytes;
  const readValue = (): Part => {
    const other = beforeValue?.() ?? null;
    if (other !== null) return other;
    const part = { type: 'block', bytes: valueBytes, next } as const;
    return value === undefined ? part : { ...part, see: value };
  };
  const readKey = (bytes: Uint8Array): Part => {
    key(latin1(bytes));
    return readValue();
  };
  const afterExtras = (): Part =>
    head.keyBytes === 0 ? readValue() : { type: 'head', bytes: head.keyBytes, next: readKey };
  return { type: 'block', bytes: head.extrasBytes, next: afterExtras };
}

function headOf(bytes: Uint8Array): Head {
  const view = new DataView(bytes.buffer, bytes.byteOffset, headBytes);
  return {
    magic: view.getUint8(0),
    opcode: view.getUint8(1),
    keyBytes: view.getUint16(2),
    extrasBytes: view.getUint8(4),
    status: view.getUint16(6),
    bodyBytes: view.getUint32(8),
    opaque: view.getUint32(12),
  };
}

function wrongLengths({ keyBytes, extrasBytes, bodyBytes }: Head): string | null {
  if (keyBytes + extrasBytes <= bodyBytes) return null;
  return `a body of ${bodyBytes} bytes cannot hold a key of ${keyBytes} and extras of ${extrasBytes}`;
}

function askedFor(
  { opcode, opaque }: Head,
  isQuiet: boolean,
): Asked<BinaryReply> & { key: string } {
  const one = {
    isQuiet,
    isComplete: false,
    wasAnswered: false,
    isWithdrawn: false,
    key: '',
    fits: (reply: BinaryReply): Fit => {
      if (reply.opcode !== opcode || reply.opaque !== opaque) return 'no';
      if (reply.key !== '') return reply.key === one.key ? 'surely' : 'no';
      // Whoever leaves opaque at zero does not tell requests apart by it.
      return opaque === 0 && isQuiet ? 'perhaps' : 'surely';
    },
  };
  return one;
}

/** The key of these names a way to log in. */
function isSecret(opcode: number): boolean {
  return opcode === 0x21 || opcode === 0x22;
}

const names =
  `GET SET ADD REPLACE DELETE INCREMENT DECREMENT QUIT FLUSH GETQ NOOP VERSION GETK GETKQ APPEND PREPEND STAT SETQ ADDQ
  REPLACEQ DELETEQ INCREMENTQ DECREMENTQ QUITQ FLUSHQ APPENDQ PREPENDQ VERBOSITY TOUCH GAT GATQ`.split(
    /\s+/u,
  );
const laterNames: ReadonlyMap<number, string> = new Map([
  [0x20, 'SASL_LIST_MECHS'],
  [0x21, 'SASL_AUTH'],
  [0x22, 'SASL_STEP'],
  [0x23, 'GATK'],
  [0x24, 'GATKQ'],
]);

/** Unknown ones are answered by an error like any other. */
function operationOf(opcode: number): { readonly name: string; readonly isQuiet: boolean } {
  const name = names[opcode] ?? laterNames.get(opcode) ?? `0x${opcode.toString(16)}`;
  return { name, isQuiet: name.endsWith('Q') };
}
