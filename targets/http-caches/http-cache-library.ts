import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebCacheKey } from '../../harness/model/plan.ts';
import type { Endpoint } from '../../harness/model/target.ts';

/** A library that caches HTTP answers within a process of Node, as a thing under test. It stands in a gateway between viewers and backend. */
export interface HttpCacheLibrary {
  /** The word on the command line. */
  readonly name: string;
  /** The npm package. */
  readonly package: string;
  /** The version that is meant where none is named. */
  readonly version: string;
  /** Packages that are needed beside it, and their exact versions. */
  readonly companions?: Readonly<Record<string, string>>;
  /** Opens it before an origin. Opens no connection yet. */
  readonly open: (options: HttpCacheOpening) => OpenHttpCache;
}

export interface HttpCacheOpening {
  /** The module namespace of the library. */
  readonly library: unknown;
  /** The module namespaces of its companions, by package. */
  readonly companions: Readonly<Record<string, unknown>>;
  readonly origin: Endpoint;
  /** `url`: nobody told it of sessions. `url-and-session`: it was told, in the way that it documents. */
  readonly keyedBy: WebCacheKey;
  /** For how long it is told to keep what says nothing, where it can be told, in whole seconds. */
  readonly freshSeconds: number;
}

export interface OpenHttpCache {
  /** Answers one request. Never rejects: what goes wrong is answered with 502, or ends the connection where the answer has begun. */
  serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>;
  /** Ends its connections to the origin. */
  close(): Promise<void>;
}
