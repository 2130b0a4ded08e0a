import type { Target, TargetOption, TargetWords } from '../../harness/model/target.ts';

/**
 * The target that a name with these words means: itself a target, under its full name. Throws an error of one line, with the known
 * words, for a variant, an option or a value that there is none of.
 */
export function chooseTarget(target: Target, { variant, options = {} }: TargetWords): Target {
  const variants = target.variants ?? {};
  if (variant !== undefined && !Object.hasOwn(variants, variant))
    throw new Error(
      `the target ${target.name} has no variant ${JSON.stringify(variant)}; ${known(Object.keys(variants))}`,
    );
  const chosen = variant === undefined ? undefined : variants[variant];
  const declared = { ...target.options, ...chosen?.options };
  const plainName = targetName(target.name, variant === undefined ? {} : { variant });
  for (const [option, value] of Object.entries(options))
    requireKnown(plainName, { option, value, declared });
  const { topology = target.topology, open } = chosen ?? target;
  const { lacks, limits, keyPrefix, protocol, version, companions, needs } = {
    ...target,
    ...chosen,
  };
  return {
    ...target,
    name: targetName(plainName, { options }),
    lacks,
    protocol,
    ...(limits === undefined ? {} : { limits }),
    ...(keyPrefix === undefined ? {} : { keyPrefix }),
    ...(version === undefined ? {} : { version }),
    ...(companions === undefined ? {} : { companions }),
    ...(topology === undefined ? {} : { topology }),
    ...(needs === undefined ? {} : { needs }),
    open: (asked) => open({ ...asked, words: options }),
  };
}

/** A target's name with its words, as one types it: `redis:pool?resp=3`. */
export function targetName(plain: string, { variant, options = {} }: TargetWords): string {
  const name = variant === undefined ? plain : `${plain}:${variant}`;
  const words = Object.entries(options).map(([option, value]) => `${option}=${value}`);
  return words.length === 0 ? name : `${name}?${words.join('&')}`;
}

/** What an option takes, for people. */
export function takesInWords({ takes }: TargetOption): string {
  return 'min' in takes ? `a whole number from ${takes.min} to ${takes.max}` : takes.join(' or ');
}

function requireKnown(
  name: string,
  {
    option,
    value,
    declared,
  }: {
    readonly option: string;
    readonly value: string;
    readonly declared: Readonly<Record<string, TargetOption>>;
  },
): void {
  const found = Object.hasOwn(declared, option) ? declared[option] : undefined;
  if (found === undefined)
    throw new Error(
      `the target ${name} has no option ${JSON.stringify(option)}; ${known(Object.keys(declared))}`,
    );
  if (!isTaken(found.takes, value))
    throw new Error(
      `the option ${option} of the target ${name} takes ${takesInWords(found)}, got ${JSON.stringify(value)}`,
    );
}

function isTaken(takes: TargetOption['takes'], value: string): boolean {
  if (!('min' in takes)) return takes.includes(value);
  return /^\d{1,15}$/.test(value) && Number(value) >= takes.min && Number(value) <= takes.max;
}

function known(words: readonly string[]): string {
  return words.length === 0 ? 'it has none' : `it has: ${words.join(', ')}`;
}
