import type { Fault, WireRule } from '../model/fault.ts';

/** One kind of fault, for lists and for docs/faults.md. */
export interface FaultEntry {
  /** In one line, for `crosswire list faults`. */
  readonly says: string;
  /** What happens to bytes and connections. */
  readonly onTheWire: string;
  /** The toxic that does it, and with which limits; null where it takes our wire, or our own services. */
  readonly toxiproxy: string | null;
  /** Where a client saw it at its end of a real socket. */
  readonly seenBy: { readonly file: string; readonly test: string };
}

const live = 'harness/wire/proxy.live.test.ts';
const liveBytes = 'harness/wire/byte-rules.live.test.ts';
const liveRules = 'harness/wire/rules.live.test.ts';

/** Every rule of the wire. A rule without an entry does not compile. */
export const wireFaults: Readonly<Record<WireRule['type'], FaultEntry>> = {
  'cut-after-reply': {
    says: 'forward k replies of a pipeline, then end the connection (FIN or RST)',
    onTheWire: 'Reply k of a run goes on whole, and behind its last byte comes the FIN or RST.',
    toxiproxy: null,
    seenBy: { file: live, test: 'exactly two replies of a pipeline of five, and then the %s' },
  },
  'cut-before-reply': {
    says: 'end the connection when reply k of a pipeline has come, and forward nothing of it (FIN or RST)',
    onTheWire:
      'The server has answered command k; the client gets k - 1 replies and the FIN or RST.',
    toxiproxy: null,
    seenBy: { file: liveRules, test: 'two replies, and the %s in place of the third' },
  },
  'cut-in-array': {
    says: 'forward k elements of an array reply, then end the connection (FIN or RST)',
    onTheWire: 'The header and k whole elements go on, then the FIN or RST.',
    toxiproxy: null,
    seenBy: { file: liveRules, test: 'two elements of an array of four, and then the %s' },
  },
  'cut-between-values': {
    says: 'forward k values of many that were asked for at once, then end the connection (FIN or RST)',
    onTheWire:
      'k replies of a pipeline, or the header and k elements of an array, whichever the client uses, and then the FIN or RST.',
    toxiproxy: null,
    seenBy: {
      file: liveRules,
      test: 'two values of four, however they were asked for, and then the %s',
    },
  },
  'cut-in-reply': {
    says: 'forward b bytes of a reply, then end the connection (FIN or RST)',
    onTheWire: 'Exactly b bytes of the reply go on, then the FIN or RST.',
    toxiproxy: null,
    seenBy: {
      file: live,
      test: 'exactly seventy thousand bytes of a longer reply, and then the %s',
    },
  },
  'cut-idle': {
    says: 'end an established connection on which nothing is outstanding (FIN or RST)',
    onTheWire: 'Nothing is on its way in either direction, and the FIN or RST comes.',
    toxiproxy: null,
    seenBy: { file: live, test: 'the %s on an established connection that is idle' },
  },
  'hold-reply': {
    says: 'deliver a reply, and all after it on that connection, later; order is kept',
    onTheWire:
      'The reply waits, also past the timeout of the client, and is then delivered, with what came behind it.',
    toxiproxy: 'latency, for every reply',
    seenBy: {
      file: live,
      test: 'a held reply after at least forMs, with the ones behind it, in order',
    },
  },
  'stall-handshake': {
    says: 'hold the first n replies of each new connection; later ones pass',
    onTheWire: 'Connecting succeeds; what a library asks first is answered late.',
    toxiproxy: null,
    seenBy: {
      file: liveRules,
      test: 'the first reply of a new connection late, the next at once, and no delay on an old one',
    },
  },
  'slow-replies': {
    says: 'deliver replies at so many bytes a second',
    onTheWire: 'The reply arrives in pieces of a twentieth of a second each.',
    toxiproxy: 'bandwidth, for every reply, in whole KB a second',
    seenBy: { file: liveRules, test: 'a reply at no more than its bytes a second' },
  },
  'split-replies': {
    says: 'write replies in pieces that end at chosen bytes',
    onTheWire: 'Each piece is a write of its own, without delay, so a segment of its own.',
    toxiproxy: null,
    seenBy: {
      file: liveRules,
      test: 'a reply in reads that end where it was split, and nowhere else',
    },
  },
  'error-reply': {
    says: 'answer commands with an error (LOADING, READONLY, OOM, 503 ...) and do not forward them',
    onTheWire:
      'The error stands in the stream where the reply would; the server never sees the command.',
    toxiproxy: null,
    seenBy: {
      file: liveRules,
      test: 'an error in the place of its reply, behind the replies that were outstanding',
    },
  },
  'stop-reading': {
    says: 'read nothing from clients until healed, so that their writes pile up',
    onTheWire: 'The receive window closes: what the client writes stays with its system.',
    toxiproxy: null,
    seenBy: {
      file: liveRules,
      test: 'writes that pile up, and all of them arrive when it is over',
    },
  },
  'refuse-connections': {
    says: 'close the port and cut what is established, until healed',
    onTheWire:
      'Established connections get the FIN or RST; connecting is answered by the RST of a closed port.',
    toxiproxy: 'a disabled proxy, always with a FIN',
    seenBy: { file: live, test: 'the %s and then ECONNREFUSED, and the same port afterwards' },
  },
  'refuse-new-connections': {
    says: 'close the port and let established connections live, until healed',
    onTheWire: 'Connecting is answered by the RST of a closed port; nothing else changes.',
    toxiproxy: null,
    seenBy: { file: liveRules, test: 'ECONNREFUSED, while an established connection is served' },
  },
  'black-hole-connections': {
    says: 'accept new connections and answer nothing on them until healed',
    onTheWire:
      'The handshake of TCP succeeds, what is sent is acknowledged, and nothing comes back.',
    toxiproxy: null,
    seenBy: {
      file: liveRules,
      test: 'a connection that is there and silent past a timeout, and served when it is over',
    },
  },
  'close-new-connections': {
    says: 'accept new connections and end them at once, silently or as a full server does (FIN or RST)',
    onTheWire:
      'The handshake of TCP succeeds; then the FIN or RST, with the words of a full server before it if wanted.',
    toxiproxy: null,
    seenBy: { file: liveRules, test: 'the words of a server without room, and then the %s' },
  },
  'delay-bytes': {
    says: 'deliver what a reply is made of later, give or take some jitter; order is kept',
    onTheWire: 'Each read of the reply waits for a time of its own, and nothing overtakes.',
    toxiproxy: 'latency with jitter, for every reply',
    seenBy: { file: liveBytes, test: 'late bytes, in order, however the jitter falls' },
  },
  'delay-close': {
    says: 'let a client know later that the server has ended the connection',
    onTheWire: 'The FIN or RST of the server comes late; what is said to it meanwhile is lost.',
    toxiproxy: 'slow_close, always with a FIN',
    seenBy: {
      file: liveBytes,
      test: 'the end of a connection at least delayMs after the server made it',
    },
  },
  'drop-bytes': {
    says: 'let no byte through to clients, and end the connection after some silence or when healed (FIN)',
    onTheWire: 'What is sent is acknowledged, nothing comes back, and at last the FIN comes.',
    toxiproxy: 'timeout',
    seenBy: { file: liveBytes, test: 'nothing at all, and the FIN after closeAfterMs of silence' },
  },
  'reset-on-bytes': {
    says: 'end a connection some time after its next reply has begun to come, and forward nothing of it (RST)',
    onTheWire: 'The server has answered; the client waits and gets the RST.',
    toxiproxy: 'reset_peer; connections that stood before get a FIN',
    seenBy: {
      file: liveBytes,
      test: 'the RST at least afterMs after the answer, and nothing of the answer',
    },
  },
  'slice-bytes': {
    says: 'write replies in pieces of about so many bytes, some time apart',
    onTheWire: 'Each piece is a write of its own, without delay, so a segment of its own.',
    toxiproxy: 'slicer, for every reply; its pieces also span two replies that came together',
    seenBy: { file: liveBytes, test: 'a reply in pieces of about that many bytes' },
  },
  'limit-bytes': {
    says: 'end a connection once it has got so many bytes (FIN)',
    onTheWire:
      'Exactly so many bytes go on, of however many replies, and behind the last comes the FIN.',
    toxiproxy: 'limit_data',
    seenBy: {
      file: liveBytes,
      test: 'exactly as many bytes as it may get, over two replies, and then the FIN',
    },
  },
};

const services = 'harness/faults/service-faults.live.test.ts';

/** Everything else that can befall the services behind the wire. */
export const serviceFaults: Readonly<Record<Exclude<Fault['kind'], 'wire'>, FaultEntry>> = {
  kill: {
    says: 'SIGKILL of the cache; it comes back empty, or with its data, behind the same port',
    onTheWire:
      'Established connections end as the system of a dead process ends them; connecting is refused.',
    toxiproxy: null,
    seenBy: {
      file: services,
      test: 'a kill with its data %s comes back at the %s address, behind the same port of the wire',
    },
  },
  pause: {
    says: 'SIGSTOP of the cache, until healed: connections stand, nothing is answered',
    onTheWire: 'What is sent is acknowledged and not answered; connecting succeeds.',
    toxiproxy: null,
    seenBy: {
      file: services,
      test: 'a pause holds what is asked until it is healed, and then answers it',
    },
  },
  starve: {
    says: 'the cache runs for a share of each period only, as on a machine that is too busy',
    onTheWire: 'Replies come in spurts.',
    toxiproxy: null,
    seenBy: {
      file: services,
      test: 'a starved service is stopped again and again, and runs on when that is healed',
    },
  },
  loading: {
    says: 'the cache dies and comes back at once, answering LOADING until healed',
    onTheWire: 'Connections end, new ones are accepted, and commands are answered with LOADING.',
    toxiproxy: null,
    seenBy: {
      file: services,
      test: 'a loading service answers LOADING for as long as the fault lasts, and then has its data',
    },
  },
  'limit-memory': {
    says: 'maxmemory falls below what the cache holds, with an eviction policy',
    onTheWire: 'Values are gone, or writes are answered with OOM.',
    toxiproxy: null,
    seenBy: {
      file: services,
      test: 'a limit of memory without eviction refuses writes, and each counts',
    },
  },
  'limit-connections': {
    says: 'maxclients falls and every connection is ended; who comes late is refused',
    onTheWire: 'Connections end; of new ones those above the limit are told so and ended.',
    toxiproxy: null,
    seenBy: {
      file: services,
      test: 'a limit of connections ends those that stand and refuses those that come late',
    },
  },
  failover: {
    says: 'SIGKILL of the primary; Sentinel promotes its replica',
    onTheWire:
      'Connections end and connecting is refused, until the port leads to the promoted replica.',
    toxiproxy: null,
    seenBy: {
      file: services,
      test: 'a failover leads the wire to the promoted replica while it is in force, and keeps the data',
    },
  },
  'move-slots': {
    says: 'slots of a cluster that hold keys move to one node, some at a time, until healed',
    onTheWire:
      'GET of a key that has gone ahead is answered with ASK, commands for a slot that has moved with MOVED; both name a door of the wire.',
    toxiproxy: null,
    seenBy: {
      file: services,
      test: 'slots that move send a client on with ASK, then with MOVED, to doors of the wire, and no value is lost',
    },
  },
};
