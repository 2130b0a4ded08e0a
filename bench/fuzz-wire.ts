/**
 * Fuzzes the parsers of the wire: `node bench/fuzz-wire.ts --streams 300000 --seed 1` spoils so many conversations of each protocol and reads
 * each of them whole and cut at random places. It prints counts by protocol, and ends with 1 at the first conversation that is read
 * differently, or makes a parser throw; that one is printed.
 */
import { parseArgs } from 'node:util';
import { seededRng } from '../harness/plan/rng.ts';
import { fuzzOnce } from '../harness/wire/fuzz.ts';
import { type Tongue, tongues } from '../harness/wire/fuzz-sayings.ts';

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
  },
});
const streams = wholeNumber('streams', values.streams);
const seed = wholeNumber('seed', values.seed);

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new RangeError(`--${name} is ${text}; give a whole number from 1`);
}

interface Count {
  bytes: number;
  frames: number;
  /** Conversations of which a direction passes unread from some byte on. */
  unread: number;
  readonly reasons: Map<string, number>;
  slowestMs: number;
}

function fuzz({ name, protocol, sayings }: Tongue): void {
  const rng = seededRng(seed).fork(name);
  const count: Count = { bytes: 0, frames: 0, unread: 0, reasons: new Map(), slowestMs: 0 };
  const startedNs = process.hrtime.bigint();
  for (let stream = 0; stream < streams; stream += 1) {
    const beganNs = process.hrtime.bigint();
    const result = fuzzOnce(protocol(), sayings, (below) => rng.integer(0, below - 1));
    count.slowestMs = Math.max(count.slowestMs, Number(process.hrtime.bigint() - beganNs) / 1e6);
    count.bytes += result.bytes;
    count.frames += result.frames;
    if (result.lost.length > 0) count.unread += 1;
    for (const because of result.lost) {
      const kind = because
        .replaceAll(/\d+/gu, 'N')
        .replace(/^\S+ (?=could|can |does not)/u, 'WORD ');
      count.reasons.set(kind, (count.reasons.get(kind) ?? 0) + 1);
    }
  }
  const seconds = Number(process.hrtime.bigint() - startedNs) / 1e9;
  print(name, { ...count, seconds });
}

function print(name: string, count: Count & { readonly seconds: number }): void {
  const share = ((100 * count.unread) / streams).toFixed(1);
  const megabytes = (count.bytes / 1e6).toFixed(1);
  console.log(
    `${name}: ${streams} conversations, ${megabytes} MB, ${count.frames} messages, all the same whole and in pieces; ` +
      `${count.unread} (${share} %) pass unread from some byte on, for ${count.reasons.size} named reasons; ` +
      `slowest ${count.slowestMs.toFixed(1)} ms, all in ${count.seconds.toFixed(1)} s`,
  );
  const reasons = [...count.reasons].toSorted(([, one], [, other]) => other - one);
  for (const [because, times] of reasons.slice(0, 4)) console.log(`  ${times} x ${because}`);
}

for (const tongue of tongues) fuzz(tongue);
