import type { CheckName, RowReference } from './finding.ts';

/** Where a value can be bound to the wrong name, from the viewer inwards; docs/forensics.md says what each means. */
export type Hop =
  | 'generator'
  | 'http-cache'
  | 'backend'
  | 'coalescer'
  | 'client-library'
  | 'library-write'
  | 'cache-server'
  | 'source-of-truth'
  | 'unknown';

/** Who bound the wrong values first, over all violations that are about a value. */
export interface Attribution {
  /** Most violations first; hops without any are left out. */
  readonly hops: readonly HopCount[];
  /** The first few of each hop, told step by step. */
  readonly stories: readonly Story[];
  /** How many violations were followed, and how many there were: findings keep the first of them only. */
  readonly followed: number;
  readonly violations: number;
  /** What this record cannot tell, one sentence each; empty when every tap was there. */
  readonly blindSpots: readonly string[];
}

export interface HopCount {
  readonly hop: Hop;
  readonly count: number;
}

/** One violation, from what was shown back to the hop that bound the wrong value. */
export interface Story {
  readonly hop: Hop;
  readonly check: CheckName;
  /** The violation, in the checker's own sentence. */
  readonly says: string;
  /** Sentences in their order; the last ones name who did it. */
  readonly steps: readonly string[];
  /** The connection on which replies went astray; null where no connection tells the story. */
  readonly diagram: MessageDiagram | null;
  /** Rows of the record that the steps rest on. */
  readonly evidence: readonly RowReference[];
}

/** What passed between the library and the cache around the reply that went astray, in the order of the wire. */
export interface MessageDiagram {
  readonly connection: number;
  readonly lines: readonly DiagramLine[];
}

export type DiagramLine =
  /** One command, its reply, and who was handed that reply. */
  | {
      readonly kind: 'command';
      readonly connection: number;
      readonly position: number;
      /** For example `GET thumb:7`. */
      readonly command: string;
      readonly atNs: number;
      /** First digits of the reply's digest, its type where it has no payload, or null when no reply came. */
      readonly reply: string | null;
      /** Key of the caller who was handed this reply; null when nobody is known to have been. */
      readonly handedTo: string | null;
      /** Whether that caller had asked for something else. */
      readonly astray: boolean;
      /** Whether this is the reply of the story. */
      readonly marked: boolean;
    }
  /** Something happened to the connection, or lines were left out. */
  | { readonly kind: 'note'; readonly says: string };
