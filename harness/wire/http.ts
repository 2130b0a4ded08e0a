import type { CommandFrame, Conversation, Protocol, ReplyFrame } from './framing.ts';
import type { GrowingCommand } from './growing-command.ts';
import { readBody } from './http-body.ts';
import { type BodyPlan, bodyOf, type HttpFields, readFields } from './http-head.ts';
import { type Begun, end, lost, type Part, PartFramer } from './part-framer.ts';
import { newReply, payloadOf } from './payload.ts';
import { Queue } from './queue.ts';
import { latin1, textOf } from './text-words.ts';

export interface HttpLimits {
  /** Bytes of a request line or one field. */
  readonly lineBytesMax: number;
  /** What is kept of a path. */
  readonly keyBytesMax: number;
  /** A body longer than this is framed as ever, and not kept, so it gets no digest. */
  readonly payloadBytesMax: number;
}

/** Sizes that no sensible stream meets; one that does is passed on unread. */
const httpLimits: HttpLimits = {
  lineBytesMax: 1_048_576,
  keyBytesMax: 1_024,
  payloadBytesMax: 67_108_864,
};

/**
 * HTTP/1.0 and 1.1 (RFC 9112): the method is the command and the path, without its query, the key; the payload of a reply is its
 * body without chunk marks. Interim responses answer nothing. After an upgrade or a tunnel the connection passes unread.
 */
export function http(limits: Partial<HttpLimits> = {}): Protocol {
  const chosen: HttpLimits = { ...httpLimits, ...limits };
  return { name: 'HTTP', converse: () => converse(chosen) };
}

/** A request whose response has not begun. */
interface Request {
  readonly method: string;
  isComplete: boolean;
  wasAnswered: boolean;
  /** True when it never reaches the server. */
  isWithdrawn: boolean;
}

/** What both directions of a connection know. */
interface Exchange {
  readonly limits: HttpLimits;
  readonly due: Queue<Request>;
  /** Why HTTP is over on this connection. */
  over: string | null;
}

function converse(limits: HttpLimits): Conversation {
  const exchange: Exchange = { limits, due: new Queue(), over: null };
  const { lineBytesMax } = limits;
  return {
    commands: new PartFramer({ lineBytesMax, begin: () => beginRequest(exchange) }),
    replies: new PartFramer({ lineBytesMax, begin: () => beginResponse(exchange) }),
  };
}

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}) ([^ ]+) HTTP\/(1\.[01])$/u;
const statusLine = /^HTTP\/(1\.[01]) ([1-5]\d\d)(?: .*)?$/u;

function beginRequest(exchange: Exchange): Begun<CommandFrame> {
  const { due, limits } = exchange;
  const frame: GrowingCommand = { command: '', key: null, expects: 'nothing' };
  const readStart = (line: Uint8Array): Part => {
    // An empty line before a request is for old clients that say one too many.
    if (line.length === 0) return end;
    const [, method = '', target = '', version = ''] = requestLine.exec(latin1(line)) ?? [];
    if (method === '') return lost('a line is no request of HTTP/1');
    frame.command = method;
    frame.key = textOf(pathOf(target), limits.keyBytesMax);
    frame.expects = 'reply';
    return readFields((fields) => {
      const request: Request = {
        method,
        isComplete: false,
        wasAnswered: false,
        isWithdrawn: false,
      };
      due.push(request);
      frame.withdraw = () => {
        request.isWithdrawn = true;
      };
      return readBody(requestBody(fields, version), {
        see: () => undefined,
        next: () => {
          request.isComplete = true;
          if (request.wasAnswered) frame.expects = 'silence';
          return end;
        },
      });
    });
  };
  if (exchange.over !== null) return { frame, first: lost(exchange.over) };
  return { frame, first: { type: 'line', next: readStart } };
}

function requestBody(fields: HttpFields, version: string): BodyPlan {
  const plan = bodyOf(fields, version) ?? { type: 'bytes', bytes: 0 };
  if (plan.type !== 'rest') return plan;
  return { type: 'lost', because: 'the last transfer coding of a request is not chunked' };
}

function beginResponse(exchange: Exchange): Begun<ReplyFrame> {
  const frame = newReply();
  const see = payloadOf(frame, exchange.limits.payloadBytesMax);
  const readStart = (line: Uint8Array): Part => {
    const [, version = '', status = ''] = statusLine.exec(latin1(line)) ?? [];
    if (status === '') return lost('a line is no status of HTTP/1');
    frame.type = status;
    if (status.startsWith('1') && status !== '101') {
      frame.answers = false;
      return readFields(() => end);
    }
    const request = oldest(exchange.due);
    // A server can refuse before it has read all of a request, or say unasked that it has waited long enough.
    frame.answers = request?.isComplete === true;
    if (request !== undefined) request.wasAnswered = true;
    const method = request?.method ?? 'GET';
    return readFields((fields) => {
      exchange.over = tunnelOf(method, status);
      if (exchange.over !== null || hasNoBody(method, status)) return end;
      const plan = bodyOf(fields, version) ?? { type: 'rest' };
      // A body of no bytes is one too.
      if (plan.type !== 'lost') see(new Uint8Array());
      return readBody(plan, { see });
    });
  };
  if (exchange.over !== null) return { frame, first: lost(exchange.over) };
  return { frame, first: { type: 'line', next: readStart } };
}

function oldest(due: Queue<Request>): Request | undefined {
  while (due.first?.isWithdrawn === true) due.shift();
  return due.shift();
}

function tunnelOf(method: string, status: string): string | null {
  if (status === '101') return 'both sides switched to another protocol';
  return method === 'CONNECT' && status.startsWith('2') ? 'it became a tunnel' : null;
}

function hasNoBody(method: string, status: string): boolean {
  return method === 'HEAD' || status === '204' || status === '304';
}

/** The query is left out: it may hold what nobody should read in a log. */
function pathOf(target: string): string {
  const [path = ''] = target.split(/[?#]/u, 1);
  return path.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]*/u, '');
}
