import type { WireRule } from '../model/fault.ts';

/** A toxic as the server is told it. `down` is none there: the proxy is disabled. */
export type ToxicAction =
  | { readonly action: 'down' }
  | {
      readonly action: 'toxic';
      readonly type:
        | 'latency'
        | 'bandwidth'
        | 'slow_close'
        | 'timeout'
        | 'reset_peer'
        | 'slicer'
        | 'limit_data';
      readonly attributes: Readonly<Record<string, number>>;
    };

/** Which rules of the wire Toxiproxy can do, when they are meant for every reply and every connection. */
const engines: Readonly<Record<WireRule['type'], 'wire' | 'either'>> = {
  'cut-after-reply': 'wire',
  'cut-before-reply': 'wire',
  'cut-in-array': 'wire',
  'cut-between-values': 'wire',
  'cut-in-reply': 'wire',
  'cut-idle': 'wire',
  'hold-reply': 'either',
  'stall-handshake': 'wire',
  'slow-replies': 'either',
  'split-replies': 'wire',
  'error-reply': 'wire',
  'stop-reading': 'wire',
  'refuse-connections': 'either',
  'refuse-new-connections': 'wire',
  'black-hole-connections': 'wire',
  'close-new-connections': 'wire',
  'delay-bytes': 'either',
  'delay-close': 'either',
  'drop-bytes': 'either',
  'reset-on-bytes': 'either',
  'slice-bytes': 'either',
  'limit-bytes': 'either',
};

type PossibleRule = Extract<
  WireRule,
  {
    type:
      | 'hold-reply'
      | 'slow-replies'
      | 'refuse-connections'
      | 'delay-bytes'
      | 'delay-close'
      | 'drop-bytes'
      | 'reset-on-bytes'
      | 'slice-bytes'
      | 'limit-bytes';
  }
>;

/** A rule that is meant for everything says so with a number no run comes near. */
const alwaysTimesMin = 1_000_000;
const bytesOfKilobyte = 1_000;

/**
 * Why Toxiproxy cannot do one of these rules, naming each that it cannot and what it would take; null when it can do them
 * all. To be asked of a whole plan before anything runs.
 */
export function toxiproxyRefusal(rules: readonly WireRule[]): string | null {
  const reasons = new Set(rules.flatMap((rule) => reasonAgainst(rule) ?? []));
  if (reasons.size === 0) return null;
  const wireOnly = Object.entries(engines).flatMap(([name, engine]) =>
    engine === 'wire' ? [name] : [],
  );
  return (
    `Toxiproxy cannot do this: ${[...reasons].join('; ')}. ` +
    `Rules that need the wire engine: ${wireOnly.join(', ')}; run without Toxiproxy to have them`
  );
}

/** @throws when Toxiproxy cannot do it, with the names of the rules that need the wire engine */
export function toxicFor(rule: WireRule): ToxicAction {
  const refusal = toxiproxyRefusal([rule]);
  if (refusal !== null || !isPossible(rule)) throw new Error(refusal ?? rule.type);
  switch (rule.type) {
    case 'refuse-connections':
      return { action: 'down' };
    case 'hold-reply':
      return toxic('latency', { latency: rule.forMs, jitter: 0 });
    case 'slow-replies':
      return toxic('bandwidth', { rate: rule.bytesPerSecond / bytesOfKilobyte });
    case 'delay-bytes':
      return toxic('latency', { latency: rule.delayMs, jitter: rule.jitterMs });
    case 'delay-close':
      return toxic('slow_close', { delay: rule.delayMs });
    case 'drop-bytes':
      return toxic('timeout', { timeout: rule.closeAfterMs ?? 0 });
    case 'reset-on-bytes':
      return toxic('reset_peer', { timeout: rule.afterMs });
    case 'slice-bytes':
      return toxic('slicer', {
        average_size: rule.bytes,
        size_variation: rule.variationBytes,
        delay: Math.round(rule.gapMs * 1_000),
      });
    case 'limit-bytes':
      return toxic('limit_data', { bytes: rule.bytes });
    default:
      return rule satisfies never;
  }
}

function isPossible(rule: WireRule): rule is PossibleRule {
  return (engines as Readonly<Record<string, string>>)[rule.type] !== 'wire';
}

function toxic(
  type: Extract<ToxicAction, { action: 'toxic' }>['type'],
  attributes: Readonly<Record<string, number>>,
): ToxicAction {
  return { action: 'toxic', type, attributes };
}

function reasonAgainst(rule: WireRule): string | null {
  if (!isPossible(rule)) return `${rule.type} needs the wire engine`;
  const wrongNumber = Object.entries(rule).find(
    ([, value]) => typeof value === 'number' && !(Number.isFinite(value) && value >= 0),
  );
  if (wrongNumber !== undefined)
    return `${rule.type} has ${wrongNumber.join(' ')}, which should be a number of at least 0`;
  const limit = limitOn(rule);
  if (limit !== null) return limit;
  switch (rule.type) {
    case 'delay-bytes':
      return wholeNumbers(rule.type, { delayMs: rule.delayMs, jitterMs: rule.jitterMs });
    case 'delay-close':
      return wholeNumbers(rule.type, { delayMs: rule.delayMs });
    case 'reset-on-bytes':
      return wholeNumbers(rule.type, { afterMs: rule.afterMs });
    case 'limit-bytes':
      return wholeNumbers(rule.type, { bytes: rule.bytes });
    case 'drop-bytes':
      // 0 means "never" to the server.
      return rule.closeAfterMs === 0
        ? 'drop-bytes needs closeAfterMs of at least 1'
        : wholeNumbers(rule.type, { closeAfterMs: rule.closeAfterMs ?? 0 });
    case 'slice-bytes':
      // Otherwise the server would slice without end, and take all of its memory.
      return rule.bytes >= 1 && rule.variationBytes < rule.bytes
        ? wholeNumbers(rule.type, { bytes: rule.bytes, variationBytes: rule.variationBytes })
        : 'slice-bytes needs bytes of at least 1, and variationBytes below it';
    case 'hold-reply':
      return wholeNumbers(rule.type, { forMs: rule.forMs });
    case 'slow-replies':
      return kilobytes(rule.bytesPerSecond);
    case 'refuse-connections':
      return null;
    default:
      return rule satisfies never;
  }
}

/** What keeps a rule from acting on everything, which is all that Toxiproxy can do. */
function limitOn(rule: PossibleRule): string | null {
  if (rule.type === 'refuse-connections') return null;
  const selector = 'selector' in rule ? rule.selector : { connections: rule.connections };
  const limits = [
    ...Object.entries(selector).flatMap(([name, value]) => (value === undefined ? [] : [name])),
    ...(rule.timesMax < alwaysTimesMin ? [`timesMax ${rule.timesMax}`] : []),
    ...(rule.window === undefined ? [] : ['window']),
  ];
  if (limits.length === 0) return null;
  const what = 'selector' in rule ? 'every reply' : 'every connection';
  return `${rule.type} acts on ${what} there, and is limited by ${limits.join(', ')}, which needs the wire engine`;
}

function kilobytes(bytesPerSecond: number): string | null {
  if (bytesPerSecond >= bytesOfKilobyte && bytesPerSecond % bytesOfKilobyte === 0) return null;
  return `slow-replies has bytesPerSecond ${bytesPerSecond}, and it counts in whole kilobytes (${bytesOfKilobyte} bytes)`;
}

/** The server answers a fraction with "bad request". */
function wholeNumbers(type: string, numbers: Readonly<Record<string, number>>): string | null {
  const wrong = Object.entries(numbers).find(([, value]) => !Number.isSafeInteger(value));
  return wrong === undefined
    ? null
    : `${type} has ${wrong.join(' ')}, which should be a whole number`;
}
