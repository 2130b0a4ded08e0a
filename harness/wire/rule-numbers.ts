import type { WireRule } from '../model/fault.ts';

/** These divide, or count from 1: 0 makes no sense for them. */
const atLeastOne: ReadonlySet<string> = new Set([
  'bytesPerSecond',
  'closeAfterMs',
  'nth',
  'positionMin',
  'positionMax',
  'connections',
  'offsets',
]);

/** Throws RangeError when a number of the rule, at whatever depth, is none that it can be. */
export function checkRuleNumbers(faultId: string, rule: WireRule): void {
  check(`wire rule ${faultId}: `, rule);
}

function check(path: string, value: object): void {
  for (const [name, field] of Object.entries(value) as [string, unknown][]) {
    if (typeof field === 'number') checkNumber(path, name, field);
    else if (Array.isArray(field)) {
      for (const item of field) if (typeof item === 'number') checkNumber(path, name, item);
    } else if (typeof field === 'object' && field !== null) check(`${path}${name}.`, field);
  }
}

function checkNumber(path: string, name: string, number: number): void {
  const least = name === 'values' ? 2 : atLeastOne.has(name) ? 1 : 0;
  if (Number.isFinite(number) && number >= least) return;
  throw new RangeError(`${path}${name} is ${number}; give a number of at least ${least}`);
}
