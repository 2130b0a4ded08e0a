import type { CutKind, RuleBudget, WireRule } from '../model/fault.ts';
import type { Clock, Nanoseconds, Rng } from '../model/world.ts';
import { blackHoleConnections } from './black-hole-connections.ts';
import { Budget } from './budget.ts';
import { closeNewConnections } from './close-new-connections.ts';
import { cutAfterReply } from './cut-after-reply.ts';
import { cutBeforeReply } from './cut-before-reply.ts';
import { cutBetweenValues } from './cut-between-values.ts';
import { cutIdle } from './cut-idle.ts';
import { cutInArray } from './cut-in-array.ts';
import { cutInReply } from './cut-in-reply.ts';
import { delayBytes } from './delay-bytes.ts';
import { delayClose } from './delay-close.ts';
import { dropBytes } from './drop-bytes.ts';
import { errorReply } from './error-reply.ts';
import { holdReply } from './hold-reply.ts';
import { limitBytes } from './limit-bytes.ts';
import { refuseConnections } from './refuse-connections.ts';
import { refuseNewConnections } from './refuse-new-connections.ts';
import { resetOnBytes } from './reset-on-bytes.ts';
import type {
  Arrival,
  ErrorReply,
  Fate,
  ReplyPosition,
  Rule,
  RuleSurroundings,
  Silence,
  WholeCommand,
} from './rule.ts';
import { checkRuleNumbers } from './rule-numbers.ts';
import { sliceBytes } from './slice-bytes.ts';
import { slowReplies } from './slow-replies.ts';
import { splitReplies } from './split-replies.ts';
import { stallHandshake } from './stall-handshake.ts';
import { stopReading } from './stop-reading.ts';

/** A rule while it is installed. */
export interface ActiveRule {
  readonly faultId: string;
  readonly rule: Rule;
  readonly budget: Budget;
}

/** A fate other than passing, and who decided it. */
export interface Verdict {
  readonly fate: Exclude<Fate, { type: 'pass' }>;
  readonly by: ActiveRule;
}

/** A way to end an idle connection, and who decided it. */
export interface IdleCut {
  readonly how: CutKind;
  readonly by: ActiveRule;
}

/** What a command is answered with instead of being forwarded, and whose doing that is. */
export interface InPlace {
  readonly reply: ErrorReply;
  readonly faultId: string;
}

interface RuleSetOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly protocol: string;
}

const always: RuleBudget = { timesMax: Infinity };

/**
 * The rules that are installed now, in the order of their installation. The first that does not let pass decides, alone; one
 * that has acted as often as it may stands in nobody's way.
 */
export class RuleSet {
  readonly #options: RuleSetOptions;
  readonly #active: ActiveRule[] = [];

  constructor(options: RuleSetOptions) {
    this.#options = options;
  }

  /** Whether some rule closes the port now. */
  get refusing(): ActiveRule | undefined {
    return this.#active.find(({ rule }) => rule.refuses !== undefined);
  }

  get isEmpty(): boolean {
    return this.#active.length === 0;
  }

  /** Whether commands have to be complete before they are forwarded, because a rule may answer them itself. */
  get answersCommands(): boolean {
    return this.#active.some(({ rule, budget }) => rule.onCommand !== undefined && budget.isOpen);
  }

  /**
   * Throws when a rule of this name is installed already, or the rule makes no sense.
   * @param acceptedBefore how many connections there were so far
   */
  add(faultId: string, wireRule: WireRule, acceptedBefore: number): ActiveRule {
    if (this.#active.some((active) => active.faultId === faultId)) {
      throw new Error(
        `a wire rule ${faultId} is installed already; fault ids are unique in a plan`,
      );
    }
    checkRuleNumbers(faultId, wireRule);
    const { clock, protocol } = this.#options;
    const rng = this.#options.rng.fork(faultId);
    const budget = new Budget('timesMax' in wireRule ? wireRule : always, clock);
    const rule = ruleOf(wireRule, { clock, rng, protocol, budget, acceptedBefore });
    const active = { faultId, budget, rule };
    this.#active.push(active);
    return active;
  }

  remove(active: ActiveRule): void {
    active.budget.close();
    const index = this.#active.indexOf(active);
    if (index !== -1) this.#active.splice(index, 1);
  }

  verdictOn(reply: ReplyPosition): Verdict | null {
    for (const { rule } of this.#active) rule.watch?.(reply);
    for (const by of this.#active) {
      if (!by.budget.isOpen) continue;
      const fate = by.rule.onReply?.(reply);
      if (fate !== undefined && fate.type !== 'pass') return { fate, by };
    }
    return null;
  }

  /** Takes from the budget of the rule that it names. */
  answerTo(command: WholeCommand): InPlace | null {
    for (const { rule, budget, faultId } of this.#active) {
      const reply = budget.isOpen ? (rule.onCommand?.(command) ?? null) : null;
      if (reply !== null) return { reply, faultId };
    }
    return null;
  }

  /** Takes from the budget of the rule that it names. */
  takeIdleCut(): IdleCut | null {
    for (const by of this.#active) {
      const how = by.rule.onIdle;
      if (how !== undefined && by.budget.take()) return { how, by };
    }
    return null;
  }

  /** What becomes of a new connection; null: it is served. Takes from the budget of the rule that it names. */
  takeArrival(): { readonly arrival: Arrival; readonly by: ActiveRule } | null {
    for (const by of this.#active) {
      const arrival = by.rule.onArrival;
      if (arrival !== undefined && by.budget.take()) return { arrival, by };
    }
    return null;
  }

  /** The rules because of which this connection's client is not read. Takes from their budgets. */
  takeReadingStops(connection: number): readonly ActiveRule[] {
    return this.#active.filter(
      ({ rule, budget }) => rule.stopsReading?.(connection) === true && budget.take(),
    );
  }

  /** How long the news of a close by the server waits; null: not at all. Takes from the budget of the rule that it names. */
  takeCloseDelay(
    connection: number,
  ): { readonly forNs: Nanoseconds; readonly faultId: string } | null {
    for (const { rule, budget, faultId } of this.#active) {
      const forNs = rule.delaysClose?.(connection) ?? null;
      if (forNs !== null && budget.take()) return { forNs, faultId };
    }
    return null;
  }

  /** Whether nothing goes to this client any more. Takes from the budget of the rule that it names. */
  takeSilence(connection: number): (Silence & { readonly faultId: string }) | null {
    for (const { rule, budget, faultId } of this.#active) {
      const silence = rule.silences?.(connection) ?? null;
      if (silence !== null && budget.take()) return { ...silence, faultId };
    }
    return null;
  }

  /**
   * Lets bytes through to a client, as many of these as it may get. Takes from the budget of the rule that it names, which ends
   * the connection behind them.
   */
  takeBytes(
    connection: number,
    bytes: number,
  ): { readonly bytes: number; readonly endedBy: ActiveRule | null } {
    const end = this.#endWithin(connection, bytes);
    const through = end?.bytes ?? bytes;
    for (const { rule } of this.#active) rule.passed?.(connection, through);
    return { bytes: through, endedBy: end?.by ?? null };
  }

  forget(connection: number): void {
    for (const { rule } of this.#active) rule.forget?.(connection);
  }

  #endWithin(connection: number, bytes: number): { bytes: number; by: ActiveRule } | null {
    for (const by of this.#active) {
      const left = by.rule.bytesLeft?.(connection) ?? null;
      if (left !== null && left <= bytes && by.budget.take()) return { bytes: left, by };
    }
    return null;
  }
}

function ruleOf(rule: WireRule, surroundings: RuleSurroundings): Rule {
  switch (rule.type) {
    case 'cut-after-reply':
      return cutAfterReply(rule);
    case 'cut-before-reply':
      return cutBeforeReply(rule);
    case 'cut-in-array':
      return cutInArray(rule);
    case 'cut-between-values':
      return cutBetweenValues(rule);
    case 'cut-in-reply':
      return cutInReply(rule);
    case 'cut-idle':
      return cutIdle(rule);
    case 'hold-reply':
      return holdReply(rule, surroundings);
    case 'stall-handshake':
      return stallHandshake(rule, surroundings);
    case 'slow-replies':
      return slowReplies(rule, surroundings);
    case 'split-replies':
      return splitReplies(rule, surroundings);
    case 'error-reply':
      return errorReply(rule, surroundings);
    case 'stop-reading':
      return stopReading(rule);
    case 'refuse-connections':
      return refuseConnections(rule);
    case 'refuse-new-connections':
      return refuseNewConnections();
    case 'black-hole-connections':
      return blackHoleConnections();
    case 'close-new-connections':
      return closeNewConnections(rule, surroundings);
    case 'delay-bytes':
      return delayBytes(rule, surroundings);
    case 'delay-close':
      return delayClose(rule);
    case 'drop-bytes':
      return dropBytes(rule);
    case 'reset-on-bytes':
      return resetOnBytes(rule, surroundings);
    case 'slice-bytes':
      return sliceBytes(rule, surroundings);
    case 'limit-bytes':
      return limitBytes(rule);
    default:
      return rule satisfies never;
  }
}
