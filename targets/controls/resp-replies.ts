/** One reply: bytes, a miss, an error of the server, or a status or number that nobody looks at. */
export type RespReply = Uint8Array | null | Error | 'done';

/**
 * Cuts a stream of RESP2 bytes into replies, for the few commands that a control sends: bulk strings, statuses, numbers and errors.
 * Source: redis.io, the RESP protocol specification.
 */
export function respReplies(onReply: (reply: RespReply) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = pending.byteLength === 0 ? chunk : Buffer.concat([pending, chunk]);
    let offset = 0;
    for (;;) {
      const found = replyAt(pending, offset);
      if (found === undefined) break;
      offset = found.end;
      onReply(found.reply);
    }
    pending = pending.subarray(offset);
  };
}

function replyAt(bytes: Buffer, start: number): { reply: RespReply; end: number } | undefined {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd === -1) return undefined;
  const type = bytes.toString('latin1', start, start + 1);
  const line = bytes.toString('utf8', start + 1, lineEnd);
  const end = lineEnd + 2;
  if (type === '-') return { reply: new Error(line), end };
  if (type !== '$') return { reply: 'done', end };
  const length = Number(line);
  if (length < 0) return { reply: null, end };
  if (bytes.byteLength < end + length + 2) return undefined;
  return { reply: Buffer.from(bytes.subarray(end, end + length)), end: end + length + 2 };
}
