import { expect, test } from 'vitest';
import type { WireRule } from '../model/fault.ts';
import { type StreamRule, toxicFor, toxiproxyRefusal } from './toxiproxy-rules.ts';

const always = { selector: {}, timesMax: 1_000_000 } as const;
const cut: WireRule = { type: 'cut-after-reply', reply: 2, how: 'rst', selector: {}, timesMax: 1 };
const hold: WireRule = { type: 'hold-reply', forMs: 40, ...always };

test('rules that are meant for every reply have their toxic', () => {
  expect(toxicFor(hold)).toEqual({
    action: 'toxic',
    type: 'latency',
    attributes: { latency: 40, jitter: 0 },
  });
  expect(toxicFor({ type: 'slow-replies', bytesPerSecond: 20_000, ...always })).toEqual({
    action: 'toxic',
    type: 'bandwidth',
    attributes: { rate: 20 },
  });
  expect(toxicFor({ type: 'refuse-connections', how: 'fin' })).toEqual({ action: 'down' });
});

test('every rule of a plan that needs a position is named, and so are all that need the wire engine', () => {
  const idle: WireRule = { type: 'cut-idle', how: 'fin', timesMax: 1 };
  const refusal = toxiproxyRefusal([cut, hold, idle]);
  expect(refusal).toMatch(/^Toxiproxy cannot do this: cut-after-reply needs.*; cut-idle needs/);
  expect(refusal).toContain('Rules that need the wire engine: cut-after-reply, cut-before-reply, ');
  expect(refusal).not.toContain('hold-reply');
  expect(() => toxicFor(cut)).toThrow('cut-after-reply needs the wire engine');
  expect(toxiproxyRefusal([hold])).toBeNull();
});

test('a hold of chosen replies is refused, saying what limits it', () => {
  const chosen: WireRule = {
    ...hold,
    selector: { commands: ['GET'], nth: 2 },
    timesMax: 3,
    window: { fromMs: 0, untilMs: 5 },
  };
  expect(toxiproxyRefusal([chosen])).toContain('limited by commands, nth, timesMax 3, window');
});

test.for<[wrong: string, rule: WireRule | StreamRule]>([
  ['bytesPerSecond 1500', { type: 'slow-replies', bytesPerSecond: 1_500, ...always }],
  ['bytesPerSecond 0', { type: 'slow-replies', bytesPerSecond: 0, ...always }],
  ['forMs 0.5', { type: 'hold-reply', forMs: 0.5, ...always }],
  ['jitterMs -1', { type: 'delay-bytes', delayMs: 1, jitterMs: -1 }],
  ['closeAfterMs of at least 1', { type: 'drop-bytes', closeAfterMs: 0 }],
  ['variationBytes below', { type: 'slice-bytes', bytes: 4, variationBytes: 4, gapMs: 1 }],
  ['bytes NaN', { type: 'limit-bytes', bytes: Number.NaN }],
])('a rule with a number that the server cannot take is refused: %s', ([wrong, rule]) => {
  expect(toxiproxyRefusal([rule])).toContain(wrong);
});
