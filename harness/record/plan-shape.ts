import type { Fault } from '../model/fault.ts';
import type { Plan } from '../model/plan.ts';
import { messageOf, RecordError } from './record-error.ts';

/**
 * The plan of a record, checked as far as judging and rendering depend on it.
 *
 * @throws RecordError that names every place that is wrong, at most five
 */
export function planOf(json: string, path: string): Plan {
  const problems: string[] = [];
  const plan = parse(json, path);
  checkPlan(plan, problems);
  if (problems.length === 0) return plan as Plan;
  throw new RecordError(
    'malformed',
    `the plan in the record ${path} is malformed: ${problems.slice(0, 5).join('; ')}`,
  );
}

function parse(json: string, path: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new RecordError(
      'malformed',
      `the plan in the record ${path} is not JSON: ${messageOf(cause)}`,
      cause,
    );
  }
}

type Check = (value: unknown, problems: string[], where: string) => void;

const text: Check = (value, problems, where) => {
  if (typeof value !== 'string') problems.push(`${where} is not a text`);
};

const number: Check = (value, problems, where) => {
  if (!Number.isFinite(value)) problems.push(`${where} is not a number`);
};

const oneOf =
  (...words: readonly unknown[]): Check =>
  (value, problems, where) => {
    if (!words.includes(value)) problems.push(`${where} is not one of ${words.join(', ')}`);
  };

const listOf =
  (check: Check): Check =>
  (value, problems, where) => {
    if (!Array.isArray(value)) {
      problems.push(`${where} is not a list`);
      return;
    }
    for (const [index, item] of value.entries()) check(item, problems, `${where}[${index}]`);
  };

const shape =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, problems, where) => {
    if (typeof value !== 'object' || value === null) {
      problems.push(`${where} is not an object`);
      return;
    }
    for (const [key, check] of Object.entries(checks)) {
      const inner = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
      check(inner, problems, where === '' ? key : `${where}.${key}`);
    }
  };

/** A kind that is missing here does not compile. */
const faultKinds = Object.keys({
  kill: true,
  pause: true,
  starve: true,
  loading: true,
  'limit-memory': true,
  'limit-connections': true,
  failover: true,
  'move-slots': true,
  wire: true,
} satisfies Record<Fault['kind'], true>);

const step: Check = (value, problems, where) => {
  shape({
    type: oneOf('phase', 'fault-on', 'fault-off', 'arrivals', 'changes', 'flood'),
    atMs: number,
  })(value, problems, where);
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : null;
  if (type === 'phase') shape({ name: text, forMs: number })(value, problems, where);
  if (type === 'fault-off') shape({ faultId: text })(value, problems, where);
  if (type === 'arrivals') shape({ who: oneOf('cameras', 'viewers') })(value, problems, where);
  if (type === 'changes') shape({ overMs: number, share: number })(value, problems, where);
  if (type === 'fault-on')
    shape({ faultId: text, fault: shape({ kind: oneOf(...faultKinds) }) })(value, problems, where);
};

const plan: Check = shape({
  format: oneOf(1),
  scenario: text,
  seed: number,
  population: shape({
    users: listOf(shape({ userId: text, name: text, role: oneOf('viewer', 'canary') })),
    devices: listOf(shape({ deviceId: text, name: text, ownerId: text, sharedWith: listOf(text) })),
  }),
  steps: listOf(step),
  checks: listOf(text),
  requestDeadlineMs: number,
  deadlineMs: number,
});

function checkPlan(value: unknown, problems: string[]): void {
  plan(value, problems, '');
}
