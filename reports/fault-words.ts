import type { CutKind, Fault, ReplySelector, WireRule } from '../harness/model/fault.ts';
import type { FaultRow } from '../harness/model/rows.ts';
import type { ServiceFault } from '../harness/model/service-fault.ts';
import { counted, latency, percent } from './numbers.ts';

export interface FaultWords {
  /** This fault: `connection cut after reply 2 of a pipeline (RST)`. */
  readonly says: string;
  /** Faults of its kind, which a chart draws in one row: `connections cut between replies`. */
  readonly kind: string;
}

/** A fault of a record in words. One that this version does not know, or whose JSON is damaged, is called by its id. */
export function faultWords({ fault, faultId }: Pick<FaultRow, 'fault' | 'faultId'>): FaultWords {
  try {
    // Checked by using it: whatever is not as the model says ends in the catch or in the fallback below.
    return wordsOf(JSON.parse(fault) as Fault) ?? { says: faultId, kind: faultId };
  } catch {
    return { says: faultId, kind: faultId };
  }
}

function wordsOf(fault: Fault): FaultWords | undefined {
  return fault.kind === 'wire' ? ruleWords(fault.rule) : serviceWords(fault);
}

function serviceWords(fault: ServiceFault): FaultWords | undefined {
  switch (fault.kind) {
    case 'kill':
      return {
        says: `cache killed${fault.data === 'kept' ? ', its data kept' : ''}${fault.address === 'another' ? ', back at another address' : ''}`,
        kind: 'cache killed',
      };
    case 'pause':
      return { says: 'cache paused (SIGSTOP)', kind: 'cache paused' };
    case 'starve':
      return {
        says: `cache starved: it ran for ${percent(fault.runShare)} of every ${latency(fault.periodMs)}`,
        kind: 'cache starved',
      };
    case 'loading':
      return { says: 'cache answering LOADING', kind: 'cache loading' };
    case 'limit-memory':
      return {
        says: `cache memory limited to ${percent(fault.shareOfUsed)} of what it held (${fault.eviction})`,
        kind: 'cache memory limited',
      };
    case 'limit-connections':
      return {
        says: `cache limited to ${counted(fault.connectionsMax, 'connection')}`,
        kind: 'cache connections limited',
      };
    case 'failover':
      return { says: 'primary killed, its replica promoted', kind: 'failover' };
    case 'move-slots':
      return {
        says: `slots moved to node ${String(fault.toNode)} of the cluster, ${String(fault.slotsAtOnce)} at a time`,
        kind: 'slots moved',
      };
    default:
      // A record of a later version may name a kind that this one does not have.
      fault satisfies never;
      return undefined;
  }
}

function ruleWords(rule: WireRule): FaultWords | undefined {
  switch (rule.type) {
    case 'cut-after-reply':
      return {
        says: `connection cut after ${counted(rule.reply, 'reply', 'replies')} of ${ofWhat(rule.selector)} ${ending(rule.how)}`,
        kind: 'connections cut between replies',
      };
    case 'cut-before-reply':
      return {
        says: `connection cut before reply ${String(rule.reply)} of ${ofWhat(rule.selector)} ${ending(rule.how)}`,
        kind: 'connections cut between replies',
      };
    case 'cut-in-array':
      return {
        says: `connection cut after ${counted(rule.elements, 'element')} of an array that answers ${ofWhat(rule.selector)} ${ending(rule.how)}`,
        kind: 'connections cut inside a reply',
      };
    case 'cut-between-values':
      return {
        says: `connection cut after ${counted(rule.values, 'value')} of many that ${ofWhat(rule.selector)} asked for ${ending(rule.how)}`,
        kind: 'connections cut between replies',
      };
    case 'cut-in-reply':
      return {
        says: `connection cut ${counted(rule.byte, 'byte')} into a reply to ${ofWhat(rule.selector)} ${ending(rule.how)}`,
        kind: 'connections cut inside a reply',
      };
    case 'cut-idle':
      return { says: `idle connections cut ${ending(rule.how)}`, kind: 'idle connections cut' };
    case 'hold-reply':
      return {
        says: `replies to ${ofWhat(rule.selector)} held for ${latency(rule.forMs)}`,
        kind: 'replies held',
      };
    case 'stall-handshake':
      return {
        says: `the first ${counted(rule.replies, 'reply', 'replies')} of each new connection held for ${latency(rule.forMs)}`,
        kind: 'replies held',
      };
    case 'slow-replies':
      return {
        says: `replies to ${ofWhat(rule.selector)} slowed to ${counted(rule.bytesPerSecond, 'byte')} a second`,
        kind: 'replies slowed',
      };
    case 'split-replies':
      return {
        says: `replies to ${ofWhat(rule.selector)} split at ${counted(rule.offsets.length, 'place')}`,
        kind: 'replies split',
      };
    case 'error-reply':
      return {
        says: `${ofWhat(rule.selector)} answered with ${rule.error}`,
        kind: 'error replies',
      };
    case 'stop-reading':
    case 'refuse-connections':
    case 'refuse-new-connections':
    case 'black-hole-connections':
    case 'close-new-connections':
      return connectionWords(rule);
    case 'delay-bytes':
    case 'delay-close':
    case 'drop-bytes':
    case 'reset-on-bytes':
    case 'slice-bytes':
    case 'limit-bytes':
      return byteWords(rule);
    default:
      // A record of a later version may name a rule that this one does not have.
      rule satisfies never;
      return undefined;
  }
}

type ConnectionRule = Extract<
  WireRule,
  { type: 'stop-reading' | `${'refuse' | 'refuse-new' | 'black-hole' | 'close-new'}-connections` }
>;

function connectionWords(rule: ConnectionRule): FaultWords {
  switch (rule.type) {
    case 'stop-reading':
      return { says: 'commands not read', kind: 'commands not read' };
    case 'refuse-connections':
      return { says: `connections refused ${ending(rule.how)}`, kind: 'connections refused' };
    case 'refuse-new-connections':
      return { says: 'new connections refused', kind: 'connections refused' };
    case 'black-hole-connections':
      return { says: 'new connections never answered', kind: 'new connections never answered' };
    case 'close-new-connections': {
      const how = rule.says === 'nothing' ? 'closed at once' : 'turned away: no room for clients';
      return { says: `new connections ${how} ${ending(rule.how)}`, kind: 'new connections closed' };
    }
    default:
      return rule satisfies never;
  }
}

type ByteRule = Extract<
  WireRule,
  { type: `${'delay' | 'drop' | 'reset-on' | 'slice' | 'limit'}-bytes` | 'delay-close' }
>;

function byteWords(rule: ByteRule): FaultWords {
  switch (rule.type) {
    case 'delay-bytes':
      return {
        says: `replies to ${ofWhat(rule.selector)} delayed by ${latency(rule.delayMs)}, give or take ${latency(rule.jitterMs)}`,
        kind: 'replies held',
      };
    case 'delay-close':
      return { says: `closes passed on ${latency(rule.delayMs)} late`, kind: 'closes delayed' };
    case 'drop-bytes':
      return { says: 'everything from the cache dropped (FIN at last)', kind: 'replies dropped' };
    case 'reset-on-bytes':
      return {
        says: `connection reset ${latency(rule.afterMs)} into a reply to ${ofWhat(rule.selector)} (RST)`,
        kind: 'connections cut inside a reply',
      };
    case 'slice-bytes':
      return {
        says: `replies to ${ofWhat(rule.selector)} sliced into pieces of about ${counted(rule.bytes, 'byte')}`,
        kind: 'replies split',
      };
    case 'limit-bytes':
      return {
        says: `connections ended after ${counted(rule.bytes, 'byte')} (FIN)`,
        kind: 'connections cut inside a reply',
      };
    default:
      return rule satisfies never;
  }
}

function ofWhat({ kind, commands, keyPrefix, keyPattern, burstSizeMin }: ReplySelector): string {
  const what =
    burstSizeMin === undefined
      ? (commands?.join(' or ') ?? (kind === undefined ? 'any command' : `any ${kind}`))
      : `a pipeline of ${String(burstSizeMin)} or more`;
  const keys = keyPattern ?? (keyPrefix === undefined ? undefined : `${keyPrefix}*`);
  return keys === undefined ? what : `${what} of ${keys}`;
}

function ending(how: CutKind): string {
  return how === 'fin' ? '(FIN)' : '(RST)';
}
