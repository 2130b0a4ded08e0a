/** Does jobs side by side, so many at once at most; the results come in the order of the jobs. Rejects as soon as one does. */
export async function inLanes<Result>(
  lanes: number,
  jobs: readonly (() => Promise<Result>)[],
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < jobs.length) {
      const index = next;
      next += 1;
      const job = jobs[index];
      if (job !== undefined) results[index] = await job();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
