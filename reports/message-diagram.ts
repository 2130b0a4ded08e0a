import type { DiagramLine, MessageDiagram } from '../harness/model/attribution.ts';
import { columnsOf, padded, plain, shortened } from './plain-text.ts';

/** Widest line of a diagram, in columns. */
export const DIAGRAM_COLUMNS_MAX = 80;

/**
 * What passed between the library and the cache, as text: each command with its arrow, its reply with one, and to whom the library
 * handed that reply. At most 80 columns, and no control characters of the record.
 */
export function diagramText({ connection, lines }: MessageDiagram): readonly string[] {
  const title = `connection ${String(connection)}`;
  const left = padded(LIBRARY, Math.floor((DIAGRAM_COLUMNS_MAX - title.length) / 2));
  const head = padded(`${left}${title}`, DIAGRAM_COLUMNS_MAX - CACHE.length) + CACHE;
  return [head, ...lines.flatMap(drawn)];
}

const LIBRARY = 'library';
const CACHE = 'cache';
const WALL = '   |';

function drawn(line: DiagramLine): readonly string[] {
  if (line.kind === 'note') return [fitted(`${WALL}   ~ ${line.says} ~`)];
  const { position, command, reply, handedTo, astray, marked, atNs } = line;
  const place = String(position);
  const answer =
    reply === null
      ? [fitted(`${WALL}   ${place} no reply`)]
      : [arrow(`<- ${place} ${reply} at ${(atNs / 1e9).toFixed(3)} s `, '-|')];
  const to =
    handedTo === null
      ? []
      : [
          fitted(
            `${WALL}   ${' '.repeat(place.length)} to the caller of ${handedTo}${astray ? '  WRONG' : ''}${marked ? '  <== this one' : ''}`,
          ),
        ];
  return [arrow(`-- ${place} ${command} `, '>|'), ...answer, ...to];
}

/** From one side to the other. */
function arrow(words: string, end: string): string {
  const room = DIAGRAM_COLUMNS_MAX - WALL.length - end.length - 3;
  const kept = shortened(plain(words), room);
  return `${WALL}${kept}${'-'.repeat(Math.max(0, room - columnsOf(kept)))}${end}`;
}

function fitted(words: string): string {
  return shortened(plain(words), DIAGRAM_COLUMNS_MAX);
}
