/** What the embedded server answers, before it is put into the words of RESP2 or RESP3. Texts are latin1: one character a byte. */
export type Reply =
  | { readonly type: 'simple'; readonly text: string }
  | { readonly type: 'error'; readonly text: string }
  | { readonly type: 'integer'; readonly value: number | bigint }
  | { readonly type: 'bulk'; readonly bytes: Uint8Array }
  | { readonly type: 'verbatim'; readonly text: string }
  | { readonly type: 'null' }
  /** RESP2 tells a missing array from a missing string; RESP3 has one null. */
  | { readonly type: 'null-array' }
  | { readonly type: 'array' | 'set'; readonly items: readonly Reply[] }
  | { readonly type: 'map'; readonly entries: readonly (readonly [Reply, Reply])[] }
  /** The replies of a transaction, each encoded when it ran: a HELLO inside changes the protocol for those behind it. */
  | { readonly type: 'encoded-array'; readonly items: readonly Uint8Array[] };

export type Protocol = 2 | 3;

/** Encodes a reply. Source: the RESP protocol specification, https://redis.io/docs/latest/develop/reference/protocol-spec/ */
export function encodeReply(reply: Reply, protocol: Protocol): Buffer {
  const chunks: Uint8Array[] = [];
  write(reply, protocol, chunks);
  return chunks.length === 1 && Buffer.isBuffer(chunks[0]) ? chunks[0] : Buffer.concat(chunks);
}

export const okReply: Reply = { type: 'simple', text: 'OK' };
export const nullReply: Reply = { type: 'null' };

export function integerReply(value: number | bigint): Reply {
  return { type: 'integer', value };
}

export function bulkReply(value: Uint8Array | string): Reply {
  return {
    type: 'bulk',
    bytes: typeof value === 'string' ? Buffer.from(value, 'latin1') : value,
  };
}

export function bulkOrNull(value: Uint8Array | undefined): Reply {
  return value === undefined ? nullReply : { type: 'bulk', bytes: value };
}

export function arrayReply(items: readonly Reply[]): Reply {
  return { type: 'array', items };
}

/** An error reply; line ends inside become spaces, as the protocol could not carry them. */
export function errorReply(text: string): Reply {
  return { type: 'error', text: text.replace(/[\r\n]+$/, '').replaceAll(/[\r\n]/g, ' ') };
}

function write(reply: Reply, protocol: Protocol, chunks: Uint8Array[]): void {
  switch (reply.type) {
    case 'simple':
      chunks.push(line(`+${reply.text}`));
      return;
    case 'error':
      chunks.push(line(`-${reply.text}`));
      return;
    case 'integer':
      chunks.push(line(`:${reply.value}`));
      return;
    case 'bulk':
      chunks.push(line(`$${reply.bytes.length}`), reply.bytes, lineEnd);
      return;
    case 'verbatim':
      writeVerbatim(reply.text, protocol, chunks);
      return;
    case 'null':
      chunks.push(protocol === 3 ? null3 : nullBulk);
      return;
    case 'null-array':
      chunks.push(protocol === 3 ? null3 : nullArray);
      return;
    case 'encoded-array':
      chunks.push(line(`*${reply.items.length}`), ...reply.items);
      return;
    case 'array':
    case 'set':
      chunks.push(
        line(`${reply.type === 'set' && protocol === 3 ? '~' : '*'}${reply.items.length}`),
      );
      for (const item of reply.items) write(item, protocol, chunks);
      return;
    case 'map':
      writeMap(reply.entries, protocol, chunks);
      return;
    default:
      reply satisfies never;
  }
}

function writeVerbatim(text: string, protocol: Protocol, chunks: Uint8Array[]): void {
  const header = protocol === 3 ? `=${text.length + 4}\r\ntxt:` : `$${text.length}\r\n`;
  chunks.push(line(`${header}${text}`));
}

function writeMap(
  entries: readonly (readonly [Reply, Reply])[],
  protocol: Protocol,
  chunks: Uint8Array[],
): void {
  chunks.push(line(protocol === 3 ? `%${entries.length}` : `*${entries.length * 2}`));
  for (const [name, value] of entries) {
    write(name, protocol, chunks);
    write(value, protocol, chunks);
  }
}

function line(text: string): Buffer {
  return Buffer.from(`${text}\r\n`, 'latin1');
}

const lineEnd: Buffer = line('');
const nullBulk: Buffer = line('$-1');
const nullArray: Buffer = line('*-1');
const null3: Buffer = line('_');
