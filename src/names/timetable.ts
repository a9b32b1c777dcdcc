/** Seconds after which a name is looked up again, at least and at most, whatever its time to live. */
const SHORTEST_TTL = 1, LONGEST_TTL = 3600;

/** Seconds until a name that was not found in DNS is looked up again: nobody says how long that holds. */
export const UNSAID_TTL = 30;

/** Seconds until a name is looked up again after a failure, at first and at most. */
const FIRST = 1, LONGEST = 60;

/** Part of a pause by which it is longer at random, so that names that were asked together do not stay together. */
const JITTER = 0.1;

/** A time to live, brought into its limits. */
export function boundedTtl(ttl: number): number {
  return Math.min(Math.max(ttl, SHORTEST_TTL), LONGEST_TTL);
}

/**
 * Milliseconds until a name is looked up again.
 *
 * @param ttl seconds that its last answer holds
 * @param failures how often it has failed since
 * @param random from 0 to 1
 */
export function pause(ttl: number, failures: number, random: number): number {
  const seconds = failures === 0 ? boundedTtl(ttl) : Math.min(FIRST * 2 ** (failures - 1), LONGEST);
  // Never sooner than said: a server that caches would only say how little time is left.
  return seconds * (1 + JITTER * random) * 1000;
}
