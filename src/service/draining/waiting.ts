import { RunningClock } from "../../engine/running_clock.ts";

/** Milliseconds between two looks: at first, and at most. */
const FIRST_PAUSE = 20, LAST_PAUSE = 500;

/** The pause until the next look, as a part of the time waited so far. */
const PATIENCE = 1 / 50;

/** How long to wait. */
export interface WaitOptions {
  /** Default: for ever. Time in which the process was stopped does not count. */
  readonly seconds?: number;
  /** Ends the wait. */
  readonly over?: AbortSignal;
}

/**
 * Looks again and again until there is something, and returns it; undefined when the time is over or the wait is ended.
 * It polls, because a connection that ends tells nobody, and so costs nothing.
 *
 * @throws what `look` throws
 */
export async function waitUntil<T>(
  look: () => T | undefined,
  { seconds = Infinity, over }: WaitOptions = {},
): Promise<T | undefined> {
  const clock = new RunningClock(), begin = clock.now(), end = begin + seconds * 1000;
  for (;;) {
    const found = look(), now = clock.now();
    if (found !== undefined || now >= end || over?.aborted) return found;
    const pause = Math.min(Math.max(FIRST_PAUSE, (now - begin) * PATIENCE), LAST_PAUSE);
    await clock.until(Math.min(end, now + pause), over);
  }
}
