/** The way to a client that can be closed for good. */
export interface UntilClosed {
  /** Makes a call; rejects without making it once the client is closed. */
  call<T>(make: () => Promise<T>): Promise<T>;
  close(): void;
}

/** For a library that opens a connection again when it is called after it was closed: its caller has to know, so its target does. */
export function untilClosed(): UntilClosed {
  let isClosed = false;
  return {
    call: async (make) => {
      if (isClosed) throw new Error('the client is closed');
      return make();
    },
    close: () => {
      isClosed = true;
    },
  };
}
