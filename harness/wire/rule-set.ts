import type { CutKind, WireRule } from '../model/fault.ts';
import type { Clock } from '../model/world.ts';
import { cutAfterReply } from './cut-after-reply.ts';
import { cutIdle } from './cut-idle.ts';
import { cutInReply } from './cut-in-reply.ts';
import { holdReply } from './hold-reply.ts';
import { refuseConnections } from './refuse-connections.ts';
import { Budget, type Fate, type ReplyPosition, type Rule } from './rule.ts';

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

/**
 * The rules that are installed now, in the order of their installation. The first that does not let pass decides; one
 * that has acted as often as it may stands in nobody's way.
 */
export class RuleSet {
  readonly #clock: Clock;
  readonly #active: ActiveRule[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get refusing(): ActiveRule | undefined {
    return this.#active.find(({ rule }) => rule.refuses !== undefined);
  }

  /** Throws when a rule of this name is installed already, or a number of the rule makes no sense. */
  add(faultId: string, wireRule: WireRule): ActiveRule {
    if (this.#active.some((active) => active.faultId === faultId)) {
      throw new Error(
        `a wire rule ${faultId} is installed already; fault ids are unique in a plan`,
      );
    }
    checkNumbers(faultId, wireRule);
    const budget = new Budget('timesMax' in wireRule ? wireRule.timesMax : Infinity);
    const active = { faultId, budget, rule: ruleOf(wireRule, { clock: this.#clock, budget }) };
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
      if (by.budget.isSpent) continue;
      const fate = by.rule.onReply?.(reply);
      if (fate !== undefined && fate.type !== 'pass') return { fate, by };
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
}

function ruleOf(
  rule: WireRule,
  { clock, budget }: { readonly clock: Clock; readonly budget: Budget },
): Rule {
  switch (rule.type) {
    case 'cut-after-reply':
      return cutAfterReply(rule);
    case 'cut-in-reply':
      return cutInReply(rule);
    case 'cut-idle':
      return cutIdle(rule);
    case 'hold-reply':
      return holdReply(rule, { clock, budget });
    case 'refuse-connections':
      return refuseConnections(rule);
    default:
      return rule satisfies never;
  }
}

function checkNumbers(faultId: string, rule: WireRule): void {
  const numbers = Object.entries(rule).filter(([, value]) => typeof value === 'number');
  for (const [name, value] of numbers) {
    if (Number.isFinite(value) && Number(value) >= 0) continue;
    throw new RangeError(`wire rule ${faultId}: ${name} is ${value}; give a number of at least 0`);
  }
}
