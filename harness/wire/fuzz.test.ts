import { describe, expect, test } from 'vitest';
import { seededRng } from '../plan/rng.ts';
import type { Protocol, ReplyFrame, Span } from './framing.ts';
import { type Draw, fuzzOnce, spoiltDialogue } from './fuzz.ts';
import { tongues } from './fuzz-sayings.ts';
import { resp } from './resp.ts';
import { latin1 } from './text-words.ts';
import { wireBench } from './wire-bench.ts';

const streams = 1_500;
const connections = 100;
const seed = 20_240_216;

function drawsOf(label: string): Draw {
  const rng = seededRng(seed).fork(label);
  return (below) => rng.integer(0, below - 1);
}

describe.each(tongues)('spoilt streams of $name', ({ name, protocol, sayings }) => {
  test('give the same frames wherever they are cut, and nothing throws', () => {
    const draw = drawsOf(name);
    let whole = 0;
    let frames = 0;
    for (let index = 0; index < streams; index += 1) {
      const result = fuzzOnce(protocol(), sayings, draw);
      frames += result.frames;
      if (result.lost.length === 0) whole += 1;
    }
    // Fuzzing that spoils everything, or nothing, would try only half of a parser.
    expect(whole).toBeGreaterThan(streams / 10);
    expect(whole).toBeLessThan(streams);
    expect(frames).toBeGreaterThan(streams);
  });

  test('pass through a wire byte for byte, and those that cannot be read are counted and named', async () => {
    const draw = drawsOf(`${name} through a wire`);
    let unread = 0;
    for (let index = 0; index < connections; index += 1) {
      const { commands, replies } = spoiltDialogue(sayings, draw);
      const bench = wireBench({
        protocol: protocol(),
        pair: { readBytesMax: () => 1 + draw(60) },
      });
      const { client, server } = bench.connect();
      await bench.send(client, latin1(commands));
      await bench.send(server, latin1(replies));
      expect(server.text).toBe(latin1(commands));
      expect(client.text).toBe(latin1(replies));
      const { unread: counted } = bench.wire.counters();
      expect(bench.lines).toHaveLength(counted);
      unread += counted;
      await bench.wire.close();
    }
    expect(unread).toBeGreaterThan(connections / 10);
  });
});

test('a framer that leaves out frames when there are many in a chunk is found out', () => {
  const honest = resp();
  const broken: Protocol = {
    name: 'broken',
    converse: () => {
      const { commands, replies } = honest.converse();
      const push = (chunk: Uint8Array): Span<ReplyFrame>[] =>
        replies.push(chunk).filter(({ from, last }) => from === 0 || !last);
      return { commands, replies: { push, lost: null, atBoundary: true } };
    },
  };
  const sayings = tongues.flatMap((tongue) => tongue.sayings);
  const draw = drawsOf('broken');
  expect(() => {
    for (let index = 0; index < 50; index += 1) fuzzOnce(broken, sayings, draw);
  }).toThrow(/^broken: Error: [^;]+; the conversation was/u);
});
