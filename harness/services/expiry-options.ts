import { type Call, CommandError, integerAt, isInteger, optionAt, syntaxError } from './command.ts';

/** How long, or until when, in which unit. */
export interface GivenTime {
  readonly given: bigint;
  readonly unit: 'seconds' | 'milliseconds';
  readonly isAbsolute: boolean;
}

/** The options of GETEX. The time is read from its word only when it is asked for: Redis looks at the key first. */
export interface ExpiryOptions {
  readonly time: (Omit<GivenTime, 'given'> & { readonly index: number }) | null;
  readonly persist: boolean;
}

/** The options of SET. */
export interface SetOptions extends ExpiryOptions {
  readonly only: 'absent' | 'present' | null;
  readonly get: boolean;
  readonly keepExpiry: boolean;
}

const timeOptions: Readonly<Record<string, Omit<GivenTime, 'given'>>> = {
  ex: { unit: 'seconds', isAbsolute: false },
  px: { unit: 'milliseconds', isAbsolute: false },
  exat: { unit: 'seconds', isAbsolute: true },
  pxat: { unit: 'milliseconds', isAbsolute: true },
};

/** Reads the words of a SET behind its value. */
export function parseSetOptions(call: Call): SetOptions {
  let only: SetOptions['only'] = null;
  let get = false;
  let keepExpiry = false;
  const time = parseTimes(call, 3, (option, isTimed) => {
    if (option === 'nx' && only !== 'present') only = 'absent';
    else if (option === 'xx' && only !== 'absent') only = 'present';
    else if (option === 'get') get = true;
    else if (option === 'keepttl' && !isTimed) keepExpiry = true;
    else return 'unknown';
    return keepExpiry ? 'untimed' : 'taken';
  });
  return { only, get, keepExpiry, time, persist: false };
}

/** Reads the words of a GETEX behind its key. */
export function parseExpiryOptions(call: Call): ExpiryOptions {
  let persist = false;
  const time = parseTimes(call, 2, (option, isTimed) => {
    if (option !== 'persist' || isTimed) return 'unknown';
    persist = true;
    return 'untimed';
  });
  return { time, persist };
}

/** When the key is to go, in milliseconds since 1970; undefined when no time was given. */
export function timeOf(call: Call, { time }: ExpiryOptions): bigint | undefined {
  if (time === null) return undefined;
  return timeAfter(call, { ...time, given: integerAt(call, time.index) });
}

/** Turns a given time, which has to be more than zero, into milliseconds since 1970. */
export function timeAfter(call: Call, { given, unit, isAbsolute }: GivenTime): bigint {
  const milliseconds = unit === 'seconds' ? given * 1000n : given;
  const atMs = isAbsolute ? milliseconds : milliseconds + call.keyspace.nowMs();
  if (given <= 0n || !isInteger(milliseconds) || !isInteger(atMs)) throw invalidExpiry(call);
  return atMs;
}

export function invalidExpiry({ command }: Call): CommandError {
  return new CommandError(`ERR invalid expire time in '${command.name}' command`);
}

/** One kind of time may be given, and not beside an option that is `untimed`; the same kind twice counts once, the last time. */
function parseTimes(
  call: Call,
  from: number,
  takeOther: (option: string, isTimed: boolean) => 'taken' | 'untimed' | 'unknown',
): ExpiryOptions['time'] {
  let time: ExpiryOptions['time'] = null;
  let timeOption = '';
  let isUntimed = false;
  for (let index = from; index < call.words.length; index += 1) {
    const option = optionAt(call, index);
    const kind = timeOptions[option];
    if (kind === undefined) {
      const outcome = takeOther(option, time !== null);
      if (outcome === 'unknown') throw new CommandError(syntaxError);
      isUntimed ||= outcome === 'untimed';
      continue;
    }
    const hasOther = isUntimed || (time !== null && timeOption !== option);
    if (hasOther || index + 1 >= call.words.length) throw new CommandError(syntaxError);
    index += 1;
    time = { ...kind, index };
    timeOption = option;
  }
  return time;
}
