import type { DiagramLine, MessageDiagram } from '../model/attribution.ts';
import type { CacheCallRow, WireConnectionRow, WireRow } from '../model/rows.ts';
import type { RecordReader } from '../record/reader.ts';
import { tables } from '../record/tables.ts';
import type { Astray } from './found.ts';
import { hasArrived, isDuring, isError, isRead } from './wire-view.ts';
import { at, commandWords, keyWords } from './words.ts';

/** How far replies and callers were apart on a connection, since when, and a picture of it. */
export interface Slip {
  /** Sentences to end a story with; empty when nothing more can be said. */
  readonly steps: readonly string[];
  readonly diagram: MessageDiagram;
}

/** Looks at the connections of a few stories; each connection is read once, and let go of with this. */
export function slipsOf(record: RecordReader): (astray: Astray) => Slip {
  const connections = new Map<number, Traffic>();
  const traffic = (connection: number): Traffic => {
    const known = connections.get(connection);
    if (known !== undefined) return known;
    const read = trafficOf(record, connection);
    connections.set(connection, read);
    return read;
  };
  return (astray) => slipOf(astray, traffic(astray.handed.connection), traffic);
}

/** What passed on one connection, and who was handed what. */
interface Traffic {
  readonly connection: WireConnectionRow | undefined;
  /** In the order of their positions. */
  readonly rows: readonly WireRow[];
  /** The calls whose values came over it, by the position of the reply that they were handed. */
  readonly handedAt: ReadonlyMap<number, Handed>;
  /** Reads that were handed another reply than their own, in the order in which they were handed it. */
  readonly strays: readonly Handed[];
}

interface Handed {
  readonly call: CacheCallRow;
  /** The reply. */
  readonly row: WireRow;
  /** The call's own command on this connection, where there is one. */
  readonly own: WireRow | null;
}

/** Calls of a connection that are looked at; a longer one is looked at from its end. */
const callsMax = 50_000;

function trafficOf(record: RecordReader, ordinal: number): Traffic {
  const [connection] = record.rows('wire_connection', namesOf('wire_connection'), {
    connection: ordinal,
  }) as Iterable<WireConnectionRow>;
  const rows = [
    ...(record.rows('wire', namesOf('wire'), { connection: ordinal }) as Iterable<WireRow>),
  ].sort((one, other) => one.position - other.position);
  const from = rows[0]?.commandNs ?? 0;
  const below = (rows.at(-1)?.replyNs ?? rows.at(-1)?.commandNs ?? 0) + afterNs;
  const calls = [
    ...(record.rows('cache_call', namesOf('cache_call'), {
      doneNs: { from, below },
      outcome: 'hit',
    }) as Iterable<CacheCallRow>),
  ].sort((one, other) => one.doneNs - other.doneNs);
  return { connection, rows, ...paired(rows, calls.slice(-callsMax)) };
}

/** A call may be told of its reply a little after it passed. */
const afterNs = 1_000_000_000;

function namesOf(table: 'wire' | 'wire_connection' | 'cache_call'): never[] {
  return Object.keys(tables[table].columns) as never[];
}

function paired(
  rows: readonly WireRow[],
  calls: readonly CacheCallRow[],
): Pick<Traffic, 'handedAt' | 'strays'> {
  const reads = rows.filter(isRead);
  const byKey = Map.groupBy(reads, ({ key }) => key ?? '');
  const byDigest = Map.groupBy(
    rows.filter((row) => hasArrived(row) && row.replyDigest !== null),
    ({ replyDigest }) => replyDigest ?? '',
  );
  const handedAt = new Map<number, Handed>();
  const strays: Handed[] = [];
  for (const call of calls) {
    const own = lastIn(byKey.get(call.key), (row) => isDuring(row, call));
    const said = (byDigest.get(call.digest ?? '') ?? []).filter(
      ({ replyNs }) => (replyNs ?? 0) <= call.doneNs && (replyNs ?? 0) >= call.startedNs,
    );
    const right = said.find((row) => row.key === call.key && isDuring(row, call));
    const row = right ?? said.findLast(({ position }) => !handedAt.has(position));
    if (row === undefined) continue;
    const handed = { call, row, own: own ?? null };
    handedAt.set(row.position, handed);
    if (right === undefined) strays.push(handed);
  }
  return { handedAt, strays };
}

function lastIn<Item>(
  items: readonly Item[] | undefined,
  test: (item: Item) => boolean,
): Item | undefined {
  return items?.findLast(test);
}

function slipOf(
  { call, handed, own }: Astray,
  traffic: Traffic,
  trafficOn: (connection: number) => Traffic,
): Slip {
  const before = traffic.strays
    .filter(({ row }) => row.position <= handed.position)
    .sort((one, other) => one.row.position - other.row.position);
  const first = before[0];
  const between = [...traffic.handedAt.values()].filter(
    ({ row }) => row.position >= (first?.row.position ?? 0) && row.position <= handed.position,
  );
  const rights = between.length - before.length;
  const hasSlipped = before.length >= slippedMin && before.length > rights;
  const cause = causeOf({ first: hasSlipped ? first : undefined, handed, own, traffic, trafficOn });
  const offset =
    own === null || own.connection !== handed.connection ? null : handed.position - own.position;
  const steps = hasSlipped
    ? [
        `The queue has been ${offsetWords(offset)} since ${cause ?? at(first?.call.doneNs ?? call.doneNs)}: ${before.length} of the ${between.length} values that were handed over from connection ${handed.connection} until then went to the wrong caller.`,
      ]
    : [...nearWords(offset), ...(cause === null ? [] : [`Before that, ${cause}.`])];
  return { steps, diagram: diagramOf({ call, handed, own }, traffic, trafficOn) };
}

/** So many reads in a row that were handed another's reply are no accident. */
const slippedMin = 2;
const nearMax = 20;

function offsetWords(offset: number | null): string {
  return offset === null || Math.abs(offset) > nearMax
    ? 'out of step'
    : `${numberWords(Math.abs(offset))} off`;
}

function nearWords(offset: number | null): readonly string[] {
  if (offset === null || offset === 0 || Math.abs(offset) > nearMax) return [];
  const places = numberWords(Math.abs(offset));
  return [
    `Its own reply came ${places} ${offset > 0 ? 'before' : 'after'} the one that it was handed; the callers around it were handed their own.`,
  ];
}

function numberWords(value: number): string {
  return ['none', 'one', 'two', 'three', 'four', 'five'][value] ?? String(value);
}

interface CauseOptions {
  readonly first: Handed | undefined;
  readonly handed: WireRow;
  readonly own: WireRow | null;
  readonly traffic: Traffic;
  readonly trafficOn: (connection: number) => Traffic;
}

/** What had happened to the connection, or to the one before it, when the first read went astray. */
function causeOf({ first, handed, own, traffic, trafficOn }: CauseOptions): string | null {
  const start = first?.own ?? own;
  if (start !== null && start.connection !== handed.connection)
    return endWords(trafficOn(start.connection));
  const since = first?.row ?? handed;
  const troubled = traffic.rows.findLast(
    (row) =>
      row.position <= since.position + nearMax &&
      row.fate !== 'delivered' &&
      row.commandNs <= (since.replyNs ?? since.commandNs),
  );
  if (troubled !== undefined) return fateWords(troubled);
  const isFresh = traffic.rows.findIndex(({ id }) => id === since.id) <= nearMax;
  if (!isFresh || handed.connection === 1) return null;
  const previous = trafficOn(handed.connection - 1);
  return previous.connection === undefined || previous.connection.outstanding === 0
    ? null
    : endWords(previous);
}

/** `connection 2 was cut by cut-between-1 after reply 2 of 3 at 3.022 s`. */
function endWords({ connection, rows }: Traffic): string | null {
  if (connection === undefined) return null;
  const { closedBy, closedNs, faultId, outstanding } = connection;
  const burst = rows.filter((row) => row.burst === rows.at(-1)?.burst);
  const answered = burst.filter(hasArrived).length;
  const where =
    outstanding === 0 || burst.length < 2 || answered === 0 || answered === burst.length
      ? ''
      : ` after reply ${answered} of ${burst.length}`;
  const by =
    closedBy === 'rule'
      ? `cut${faultId === null ? '' : ` by ${faultId}`}`
      : closedBy === 'server'
        ? 'ended by the cache'
        : 'closed by the library';
  return `connection ${connection.connection} was ${by}${where} at ${at(closedNs)}`;
}

function fateWords(row: WireRow): string {
  const what = `the reply to ${commandWords(row)} (command ${row.position})`;
  const by = row.faultId === null ? '' : ` by ${row.faultId}`;
  const atTime = at(row.replyNs ?? row.commandNs);
  if (row.fate === 'held') return `${what} was held back${by} until ${atTime}`;
  if (row.fate === 'refused')
    return `${commandWords(row)} (command ${row.position}) was refused${by} at ${atTime}`;
  return row.fate === 'lost' ? `${what} never came` : `${what} was cut${by} at ${atTime}`;
}

/** Commands shown before and after the ones of the story. */
const around = 3;
const linesMax = 14;

function diagramOf(
  { handed, own, call }: Astray,
  traffic: Traffic,
  trafficOn: (connection: number) => Traffic,
): MessageDiagram {
  const isHere = own !== null && own.connection === handed.connection;
  const places = [handed.position, ...(isHere ? [own.position] : [])];
  const [low, high] = [Math.min(...places), Math.max(...places)];
  const near = traffic.rows.filter(
    ({ position }) => position >= low - around && position <= high + around,
  );
  const lineOf = commandLine(traffic, { handed, call });
  const lines: DiagramLine[] = [];
  if (own !== null && !isHere)
    lines.push(...elsewhere(own, trafficOn(own.connection), { handed, call }));
  const first = near[0];
  if (first !== undefined && first.position > 1)
    lines.push({
      kind: 'note',
      says: `connection ${handed.connection}, from command ${first.position}`,
    });
  const shown =
    near.length <= linesMax ? near : [...near.slice(0, linesMax / 2), ...near.slice(-linesMax / 2)];
  for (const [index, row] of shown.entries()) {
    const skipped = row.position - (shown[index - 1]?.position ?? row.position) - 1;
    if (skipped > 0) lines.push({ kind: 'note', says: `${skipped} more commands` });
    lines.push(lineOf(row));
  }
  return { connection: handed.connection, lines };
}

/** The end of the connection on which the call's own command was sent. */
function elsewhere(
  own: WireRow,
  traffic: Traffic,
  story: { readonly handed: WireRow; readonly call: CacheCallRow },
): readonly DiagramLine[] {
  const near = traffic.rows.filter(
    ({ position }) => position > own.position - around && position <= own.position + 1,
  );
  const end = endWords(traffic);
  return [
    {
      kind: 'note',
      says: `connection ${own.connection}, from command ${near[0]?.position ?? own.position}`,
    },
    ...near.map(commandLine(traffic, story)),
    ...(end === null ? [] : [{ kind: 'note', says: end } as const]),
  ];
}

function commandLine(
  traffic: Traffic,
  { handed, call }: { readonly handed: WireRow; readonly call: CacheCallRow },
): (row: WireRow) => DiagramLine {
  const strays = new Set(traffic.strays);
  return (row) => {
    const marked = row.id === handed.id;
    const taker = marked ? undefined : traffic.handedAt.get(row.position);
    return {
      kind: 'command',
      connection: row.connection,
      position: row.position,
      command: commandWords(row),
      atNs: row.replyNs ?? row.commandNs,
      reply: replyOf(row),
      handedTo: marked ? keyWords(call.key) : taker === undefined ? null : keyWords(taker.call.key),
      astray: marked || (taker !== undefined && strays.has(taker)),
      marked,
    };
  };
}

function replyOf(row: WireRow): string | null {
  if (!hasArrived(row)) return null;
  if (isError(row)) return 'error';
  if (row.replyDigest === null || !isRead(row))
    return row.replyDigest === null && isRead(row) ? 'nothing' : 'done';
  return row.replyDigest.slice(0, 8);
}
