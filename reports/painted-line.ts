import { columnsOf, plain, shortened } from './plain-text.ts';

/** A line for a terminal, piece by piece, so that its width can be known before it is painted. */
export type Line = readonly Span[];
type Span = string | { readonly text: string; readonly paint: Paint };
export type Paint = 'red' | 'green' | 'yellow' | 'dim' | 'bold';

/** The pieces one after the other without control characters, cut at `columnsMax`; colour is put around what is left and takes no column. */
export function renderedLine(
  line: Line,
  { colour, columnsMax }: { readonly colour: boolean; readonly columnsMax: number },
): string {
  let room = columnsMax;
  let out = '';
  for (const span of line) {
    const text = plain(typeof span === 'string' ? span : span.text);
    const kept = shortened(text, room);
    out += colour && typeof span !== 'string' ? painted(kept, span.paint) : kept;
    room -= columnsOf(kept);
  }
  return out.trimEnd();
}

const SELECT_GRAPHIC_RENDITION: Readonly<Record<Paint, string>> = {
  red: '1;31',
  green: '32',
  yellow: '1;33',
  dim: '2',
  bold: '1',
};

function painted(text: string, paint: Paint): string {
  return text === '' ? '' : `\u001B[${SELECT_GRAPHIC_RENDITION[paint]}m${text}\u001B[0m`;
}
