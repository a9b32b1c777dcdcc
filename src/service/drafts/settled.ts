/**
 * What all of them come to. Unlike with `Promise.all`, the error is that of the first in order, not in time, so that the
 * same description always meets the same error.
 */
export async function settled<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}
