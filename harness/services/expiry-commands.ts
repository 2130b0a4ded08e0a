import {
  type Call,
  type Command,
  CommandError,
  cText,
  integerAt,
  isInteger,
  textAt,
} from './command.ts';
import { type GivenTime, invalidExpiry } from './expiry-options.ts';
import { integerReply, type Reply } from './reply.ts';

/** EXPIRE, TTL and what else works on how long a key stays. */
export const expiryCommands: readonly Command[] = [
  expire('expire', { unit: 'seconds', isAbsolute: false }),
  expire('pexpire', { unit: 'milliseconds', isAbsolute: false }),
  expire('expireat', { unit: 'seconds', isAbsolute: true }),
  expire('pexpireat', { unit: 'milliseconds', isAbsolute: true }),
  report('ttl', (atMs, nowMs) => (atMs > nowMs ? (atMs - nowMs + 500n) / 1000n : 0n)),
  report('pttl', (atMs, nowMs) => (atMs > nowMs ? atMs - nowMs : 0n)),
  report('expiretime', (atMs) => (atMs + 500n) / 1000n),
  report('pexpiretime', (atMs) => atMs),
  { name: 'persist', arity: 2, flags: ['write', 'fast'], keys: [1, 1, 1], run: persist },
];

type Condition = 'nx' | 'xx' | 'gt' | 'lt';

function expire(name: string, { unit, isAbsolute }: Omit<GivenTime, 'given'>): Command {
  const run = (call: Call): Reply => {
    const conditions = parseConditions(call);
    const given = integerAt(call, 2);
    const milliseconds = unit === 'seconds' ? given * 1000n : given;
    const atMs = isAbsolute ? milliseconds : milliseconds + call.keyspace.nowMs();
    if (!isInteger(milliseconds) || !isInteger(atMs)) throw invalidExpiry(call);
    const key = textAt(call, 1);
    if (call.database.find(key) === undefined) return integerReply(0);
    if (!isAllowed(conditions, atMs, call.database.expiryMs(key))) return integerReply(0);
    call.database.setExpiry(key, atMs);
    return integerReply(1);
  };
  return { name, arity: -3, flags: ['write', 'fast'], keys: [1, 1, 1], run };
}

function parseConditions(call: Call): ReadonlySet<Condition> {
  const conditions = new Set<Condition>();
  for (let index = 3; index < call.words.length; index += 1) {
    const word = cText(textAt(call, index));
    const condition = word.toLowerCase();
    if (!isCondition(condition)) throw new CommandError(`ERR Unsupported option ${word}`);
    conditions.add(condition);
  }
  if (conditions.has('nx') && conditions.size > 1) {
    throw new CommandError('ERR NX and XX, GT or LT options at the same time are not compatible');
  }
  if (conditions.has('gt') && conditions.has('lt'))
    throw new CommandError('ERR GT and LT options at the same time are not compatible');
  return conditions;
}

function isCondition(word: string): word is Condition {
  return word === 'nx' || word === 'xx' || word === 'gt' || word === 'lt';
}

/** A key that stays counts as one that stays for ever, so nothing is greater. */
function isAllowed(
  conditions: ReadonlySet<Condition>,
  atMs: bigint,
  current: bigint | undefined,
): boolean {
  if (conditions.has('nx') && current !== undefined) return false;
  if (conditions.has('xx') && current === undefined) return false;
  if (conditions.has('gt') && (current === undefined || atMs <= current)) return false;
  return !(conditions.has('lt') && current !== undefined && atMs >= current);
}

/** -2 for a key that is not there, -1 for one that stays. */
function report(name: string, figure: (atMs: bigint, nowMs: bigint) => bigint): Command {
  const run = (call: Call): Reply => {
    const key = textAt(call, 1);
    if (call.database.find(key) === undefined) return integerReply(-2);
    const atMs = call.database.expiryMs(key);
    return integerReply(atMs === undefined ? -1 : figure(atMs, call.keyspace.nowMs()));
  };
  return { name, arity: 2, flags: ['readonly', 'fast'], keys: [1, 1, 1], run };
}

function persist(call: Call): Reply {
  const key = textAt(call, 1);
  const isExpiring =
    call.database.find(key) !== undefined && call.database.expiryMs(key) !== undefined;
  if (isExpiring) call.database.setExpiry(key, undefined);
  return integerReply(isExpiring ? 1 : 0);
}
