import { expect, test } from 'vitest';
import type { WireRule } from '../model/fault.ts';
import {
  delayedBytes,
  delayedCloses,
  droppedBytes,
  limitedBytes,
  resetOnBytes,
  slicedBytes,
} from '../plan/wire-faults.ts';
import { toxicFor, toxiproxyRefusal } from './toxiproxy-rules.ts';

const every = { timesMax: 1_000_000 } as const;
const always = { selector: {}, ...every } as const;
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

test.for<[wrong: string, rule: WireRule]>([
  ['bytesPerSecond 1500', { type: 'slow-replies', bytesPerSecond: 1_500, ...always }],
  ['bytesPerSecond 0', { type: 'slow-replies', bytesPerSecond: 0, ...always }],
  ['forMs 0.5', { type: 'hold-reply', forMs: 0.5, ...always }],
  ['jitterMs -1', { type: 'delay-bytes', delayMs: 1, jitterMs: -1, ...always }],
  ['closeAfterMs of at least 1', { type: 'drop-bytes', closeAfterMs: 0, ...every }],
  [
    'variationBytes below',
    { type: 'slice-bytes', bytes: 4, variationBytes: 4, gapMs: 1, ...always },
  ],
  ['bytes NaN', { type: 'limit-bytes', bytes: Number.NaN, ...every }],
])('a rule with a number that the server cannot take is refused: %s', ([wrong, rule]) => {
  expect(toxiproxyRefusal([rule])).toContain(wrong);
});

test('what plans say of bytes and closes is meant for everything, so Toxiproxy can do it', () => {
  const planned = [
    delayedBytes('far', { delayMs: 80, jitterMs: 20 }),
    delayedCloses('unheard', 500),
    droppedBytes('lost', null),
    resetOnBytes('reset', 10),
    slicedBytes('sliced', { bytes: 100, variationBytes: 50, gapMs: 1 }),
    limitedBytes('limited', 4_000),
  ];
  const rules = planned.flatMap(({ fault }) => (fault.kind === 'wire' ? [fault.rule] : []));
  expect(toxiproxyRefusal(rules)).toBeNull();
  expect(rules.map((rule) => toxicFor(rule)).map((toxic) => 'type' in toxic && toxic.type)).toEqual(
    ['latency', 'slow_close', 'timeout', 'reset_peer', 'slicer', 'limit_data'],
  );
});

test('a rule on chosen connections is refused', () => {
  const chosen: WireRule = { type: 'limit-bytes', bytes: 5, connections: [2], timesMax: 1 };
  expect(toxiproxyRefusal([chosen])).toContain(
    'limit-bytes acts on every connection there, and is limited by connections, timesMax 1',
  );
});
