import type { BodyPlan } from './http-head.ts';
import { end, lost, type Part, type See } from './part-framer.ts';
import { latin1 } from './text-words.ts';

/** Reads a body, and shows its bytes without what marks the chunks. */
export function readBody(
  plan: BodyPlan,
  { see, next = () => end }: { readonly see: See; readonly next?: () => Part },
): Part {
  switch (plan.type) {
    case 'bytes':
      return { type: 'block', bytes: plan.bytes, see, next };
    case 'rest':
      return { type: 'rest', see };
    case 'chunks':
      return readChunk(see, next);
    case 'lost':
      return plan;
    default:
      return plan satisfies never;
  }
}

const chunkLine = /^([0-9A-Fa-f]{1,13})[ \t]*(?:;.*)?$/u;

/** Source: RFC 9112, section 7.1. */
function readChunk(see: See, next: () => Part): Part {
  const readSize: Part = {
    type: 'line',
    next: (line) => {
      const [, digits] = chunkLine.exec(latin1(line)) ?? [];
      if (digits === undefined) return lost('a chunk does not say how many bytes it has');
      const bytes = Number.parseInt(digits, 16);
      return bytes === 0 ? readTrailers : { type: 'block', bytes, see, next: () => readReturn };
    },
  };
  const readReturn: Part = {
    type: 'head',
    bytes: 2,
    next: (bytes) =>
      bytes[0] === 13 && bytes[1] === 10 ? readSize : lost('a chunk was longer than it announced'),
  };
  const readTrailers: Part = {
    type: 'line',
    next: (line) => (line.length === 0 ? next() : readTrailers),
  };
  return readSize;
}
