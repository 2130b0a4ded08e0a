import type { CommandFrame, ReplyFrame } from './framing.ts';
import { joinedBytes } from './joined-bytes.ts';
import { latin1 } from './text-words.ts';

/** A subscription or the end of one, of which the last confirmation has not come. */
interface Ticket {
  readonly verb: string;
  /** The last of its channels; null when it names none, which means all. */
  readonly channel: string | null;
}

type Meaning = 'client' | 'subscribe' | 'multi' | 'end' | 'reset' | 'monitor' | 'stream';

const meanings: ReadonlyMap<string, Meaning> = new Map([
  ['CLIENT', 'client'],
  ['SUBSCRIBE', 'subscribe'],
  ['PSUBSCRIBE', 'subscribe'],
  ['SSUBSCRIBE', 'subscribe'],
  ['UNSUBSCRIBE', 'subscribe'],
  ['PUNSUBSCRIBE', 'subscribe'],
  ['SUNSUBSCRIBE', 'subscribe'],
  ['MULTI', 'multi'],
  ['EXEC', 'end'],
  ['DISCARD', 'end'],
  ['RESET', 'reset'],
  ['MONITOR', 'monitor'],
  ['SYNC', 'stream'],
  ['PSYNC', 'stream'],
]);

/** @returns true when the last argument of a command is a channel that its last confirmation names */
export function isSubscription(command: string): boolean {
  return meanings.get(command) === 'subscribe';
}

/**
 * What both directions of a RESP connection know of how replies go with commands: switched off, skipped, subscribed, monitoring. A
 * subscription is answered by the last of its confirmations; messages and lines of a monitor answer nothing.
 * Source: https://redis.io/docs/latest/develop/pubsub/ and networking.c of Redis (CLIENT REPLY, CLIENT_PUSHING).
 */
export class RespMode {
  /** False while every reply answers one command, so that none has to be looked at. */
  hasNotes = false;
  readonly #keyBytesMax: number;
  readonly #verbs = new Set<string>();
  #replies: 'on' | 'off' | 'skip-next' = 'on';
  #isInTransaction = false;
  #isMonitor = false;
  #resetsDue = 0;
  #tickets: Ticket[] = [];
  /** Channels and patterns, and channels of shards, by the last confirmation of each kind. */
  readonly #subscriptions = { plain: 0, shard: 0 };

  /** @param keyBytesMax what is kept of a channel's name */
  constructor(keyBytesMax: number) {
    this.#keyBytesMax = keyBytesMax;
  }

  /**
   * Called once a command, in order.
   * @param words arguments 1 and 2 of CLIENT; the last argument of a subscription; not looked at for other commands
   */
  expectationOf(command: string, words: readonly string[]): CommandFrame['expects'] {
    const meaning = meanings.get(command);
    if (meaning === undefined) return this.#ordinary();
    switch (meaning) {
      case 'client':
        return words[0]?.toUpperCase() === 'REPLY'
          ? this.#switchReplies(words[1]?.toUpperCase())
          : this.#ordinary();
      case 'subscribe':
        return this.#subscribe(command.toLowerCase(), words.at(-1) ?? null);
      case 'multi':
        this.#isInTransaction = true;
        return this.#ordinary();
      case 'end':
        this.#isInTransaction = false;
        return this.#ordinary();
      case 'reset':
        this.#isInTransaction = false;
        this.#replies = 'on';
        this.#resetsDue += 1;
        return 'reply';
      case 'monitor':
        if (this.#isInTransaction) return 'stream';
        this.#isMonitor = true;
        this.hasNotes = true;
        return this.#ordinary();
      case 'stream':
        return 'stream';
      default:
        return meaning satisfies never;
    }
  }

  /** Whether a whole message of the server answers a command. Only asked when there are notes at all. */
  answers({ type, payload }: Pick<ReplyFrame, 'type' | 'payload'>): boolean {
    if (type === '+') {
      this.#noticeReset(payload);
      return !this.#isMonitor || !isOfMonitor(payload);
    }
    if (type !== '>' && type !== '*') return true;
    const note = noteOf(payload, this.#keyBytesMax);
    if (note === null) return type === '*';
    if (messages.has(note.verb)) {
      const { plain, shard } = this.#subscriptions;
      return type === '*' && plain + shard === 0;
    }
    if (!isSubscription(note.verb.toUpperCase())) return type === '*';
    return this.#confirm(note);
  }

  #ordinary(): CommandFrame['expects'] {
    if (this.#replies === 'on') return 'reply';
    if (this.#replies === 'skip-next') this.#replies = 'on';
    return 'silence';
  }

  #switchReplies(word = ''): CommandFrame['expects'] {
    if (word !== 'ON' && word !== 'OFF' && word !== 'SKIP') return this.#ordinary();
    // A transaction only notes it, and it acts somewhere among the replies of EXEC.
    if (this.#isInTransaction && word !== 'ON') return 'stream';
    if (word === 'ON') this.#replies = 'on';
    else if (word === 'OFF') this.#replies = 'off';
    else if (this.#replies !== 'off') this.#replies = 'skip-next';
    return word === 'ON' ? 'reply' : 'silence';
  }

  /** Confirmations come also where replies are switched off. */
  #subscribe(verb: string, channel: string | null): CommandFrame['expects'] {
    if (this.#isInTransaction) return 'stream';
    const isEnd = verb.includes('unsub');
    if (channel === null && !isEnd) return this.#ordinary();
    this.#verbs.add(verb.replace('unsub', 'sub'));
    // How many confirmations there will be nobody says, and the count in them is that of both kinds together.
    const isMixed = this.#verbs.has('subscribe') && this.#verbs.has('psubscribe');
    if (channel === null && isMixed) return 'stream';
    if (this.#replies === 'skip-next') this.#replies = 'on';
    this.#tickets.push({ verb, channel });
    this.hasNotes = true;
    return 'reply';
  }

  /** With the answer to RESET all subscriptions are over, and so is the monitor. */
  #noticeReset(payload: readonly Uint8Array[] | null): void {
    if (this.#resetsDue === 0 || payload === null) return;
    if (latin1(joinedBytes(payload).subarray(0, 6)) !== 'RESET') return;
    this.#resetsDue -= 1;
    this.#subscriptions.plain = 0;
    this.#subscriptions.shard = 0;
    this.#isMonitor = false;
  }

  #confirm({ verb, channel, count }: Note): boolean {
    const isOfShard = verb === 'ssubscribe' || verb === 'sunsubscribe';
    this.#subscriptions[isOfShard ? 'shard' : 'plain'] = count;
    const place = this.#tickets.findIndex(
      (ticket) =>
        ticket.verb === verb &&
        (ticket.channel === null ? count === 0 : ticket.channel === channel),
    );
    if (place === -1) return false;
    // Those before it were refused, each by an error of its own.
    this.#tickets = this.#tickets.slice(place + 1);
    return true;
  }
}

const messages: ReadonlySet<string> = new Set(['message', 'pmessage', 'smessage']);

/** What a server says about subscriptions. */
interface Note {
  readonly verb: string;
  readonly channel: string | null;
  /** Of subscriptions that are left. */
  readonly count: number;
}

/** Reads `verb`, `channel` and `count` of an aggregate, where it has them. */
function noteOf(payload: readonly Uint8Array[] | null, keyBytesMax: number): Note | null {
  if (payload === null) return null;
  const bytes = joinedBytes(payload);
  const verb = bulkAt(bytes, 0);
  if (verb === null || verb.to - verb.from > verbBytesMax) return null;
  const channel = bulkAt(bytes, verb.to + 2);
  const name = channel === null ? null : bytes.subarray(channel.from, channel.to);
  const [, count = '0'] = /:(\d{1,9})\r\n$/u.exec(latin1(bytes.subarray(-12))) ?? [];
  return {
    verb: latin1(bytes.subarray(verb.from, verb.to)),
    channel: name === null ? null : new TextDecoder().decode(name.subarray(0, keyBytesMax)),
    count: Number(count),
  };
}

const verbBytesMax = 12;

/** Where the bytes of a bulk string are that begins here; null when none does. */
function bulkAt(
  bytes: Uint8Array,
  at: number,
): { readonly from: number; readonly to: number } | null {
  const head = latin1(bytes.subarray(at, at + verbBytesMax));
  const [whole, size] = /^\$(\d{1,9})\r\n/u.exec(head) ?? [];
  if (whole === undefined) return null;
  const from = at + whole.length;
  const to = from + Number(size);
  return to <= bytes.length ? { from, to } : null;
}

function isOfMonitor(payload: readonly Uint8Array[] | null): boolean {
  const [first] = payload === null ? [] : [joinedBytes(payload)];
  return first !== undefined && /^\d+\.\d+ \[\d+ /u.test(latin1(first.subarray(0, 64)));
}
