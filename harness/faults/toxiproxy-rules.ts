import type { WireRule } from '../model/fault.ts';

/**
 * What acts on the stream of bytes from the cache to its client, wherever in the protocol it is: the words for those toxics that no rule
 * of the wire means. Every connection is meant, also those that were there before.
 */
export type StreamRule =
  /** Deliver all bytes `delayMs` later, give or take up to `jitterMs`. Order is kept. */
  | { readonly type: 'delay-bytes'; readonly delayMs: number; readonly jitterMs: number }
  /** Pass a close on `delayMs` later. */
  | { readonly type: 'delay-close'; readonly delayMs: number }
  /** Let no byte through; end the connection when none has come for `closeAfterMs`, or, with null, when healed. */
  | { readonly type: 'drop-bytes'; readonly closeAfterMs: number | null }
  /** `afterMs` after the next bytes have come, drop them and end the connection: with an RST those opened meanwhile, with a FIN the others. */
  | { readonly type: 'reset-on-bytes'; readonly afterMs: number }
  /** Write in pieces of about `bytes`, give or take `variationBytes`, `gapMs` apart. */
  | {
      readonly type: 'slice-bytes';
      readonly bytes: number;
      readonly variationBytes: number;
      readonly gapMs: number;
    }
  /** End a connection once it has got `bytes` bytes since the rule was installed. */
  | { readonly type: 'limit-bytes'; readonly bytes: number };

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

/** Which rules of the wire Toxiproxy can do, when they are meant for every reply. */
const engines: Readonly<Record<WireRule['type'], 'wire' | 'either'>> = {
  'cut-after-reply': 'wire',
  'cut-before-reply': 'wire',
  'cut-in-array': 'wire',
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
};

type PossibleRule =
  | StreamRule
  | Extract<WireRule, { type: 'hold-reply' | 'slow-replies' | 'refuse-connections' }>;

/** A rule that is meant for every reply says so with a number no run comes near. */
const alwaysTimesMin = 1_000_000;
const bytesOfKilobyte = 1_000;

/**
 * Why Toxiproxy cannot do one of these rules, naming each that it cannot and what it would take; null when it can do them
 * all. To be asked of a whole plan before anything runs.
 */
export function toxiproxyRefusal(rules: readonly (WireRule | StreamRule)[]): string | null {
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
export function toxicFor(rule: WireRule | StreamRule): ToxicAction {
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

function isPossible(rule: WireRule | StreamRule): rule is PossibleRule {
  return (engines as Readonly<Record<string, string>>)[rule.type] !== 'wire';
}

function toxic(
  type: Extract<ToxicAction, { action: 'toxic' }>['type'],
  attributes: Readonly<Record<string, number>>,
): ToxicAction {
  return { action: 'toxic', type, attributes };
}

function reasonAgainst(rule: WireRule | StreamRule): string | null {
  if (!isPossible(rule)) return `${rule.type} needs the wire engine`;
  const wrongNumber = Object.entries(rule).find(
    ([, value]) => typeof value === 'number' && !(Number.isFinite(value) && value >= 0),
  );
  if (wrongNumber !== undefined)
    return `${rule.type} has ${wrongNumber.join(' ')}, which should be a number of at least 0`;
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
      return unselective(rule) ?? wholeNumbers(rule.type, { forMs: rule.forMs });
    case 'slow-replies':
      return unselective(rule) ?? kilobytes(rule.bytesPerSecond);
    case 'refuse-connections':
      return null;
    default:
      return rule satisfies never;
  }
}

function unselective({
  type,
  selector,
  timesMax,
  window,
}: Extract<WireRule, { type: 'hold-reply' | 'slow-replies' }>): string | null {
  const limits = [
    ...Object.entries(selector).flatMap(([name, value]) => (value === undefined ? [] : [name])),
    ...(timesMax < alwaysTimesMin ? [`timesMax ${timesMax}`] : []),
    ...(window === undefined ? [] : ['window']),
  ];
  if (limits.length === 0) return null;
  return `${type} acts on every reply there, and is limited by ${limits.join(', ')}, which needs the wire engine`;
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
