/** Settles as the work does, or rejects with the signal's reason before. What the work becomes afterwards is nobody's concern. */
export async function untilAborted<Value>(
  work: Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  // Work that has ended would win the race below.
  if (signal.aborted) {
    work.catch(() => undefined);
    throw signal.reason as Error;
  }
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
