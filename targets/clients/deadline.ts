/** A call that was given up on: the library may still be at work on it, and its late answer goes nowhere. */
class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * Waits for a call of a library no longer than `timeoutMs` milliseconds. It only gives up waiting: the call itself goes
 * on inside the library, as it does in production, so whatever its late reply does to the next one is seen.
 *
 * @throws DeadlineError naming the call and the limit
 */
export async function withinDeadline<T>(
  call: Promise<T>,
  timeoutMs: number,
  says: string,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineError(`the cache library did not answer ${says} within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([call, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
