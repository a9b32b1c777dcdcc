import { RunningClock } from "./running_clock.ts";

/** Milliseconds between two steps, at least. */
const STEP = 20;

/** How things are done one after the other over some time. */
export interface SpreadSetup<T> {
  /** Seconds from the first to the end, 0 for all at once. */
  readonly seconds: number;
  /** Whether there is still something to do about one. */
  readonly isLeft: (item: T) => boolean;
  /** Does it, for those whose time has come, and returns for how many it was done. */
  readonly act: (items: readonly T[]) => Promise<number>;
  /** Resolves when there is nothing to do any more. */
  readonly over: Promise<void>;
}

/**
 * Does something about each item, in their order and evenly over some seconds. Time in which the process was stopped
 * does not count. @returns for how many it was done
 */
export async function spread<T>(items: readonly T[], { seconds, isLeft, act, over }: SpreadSetup<T>): Promise<number> {
  if (items.length === 0) return 0;
  const clock = new RunningClock(), begin = clock.now(), pause = seconds * 1000 / items.length;
  const ended = new AbortController();
  over.then(() => ended.abort());
  let next = 0, done = 0;
  for (;;) {
    const due = pause === 0 ? items.length : Math.floor((clock.now() - begin) / pause) + 1;
    const some = items.slice(next, due).filter(isLeft);
    if (some.length > 0) done += await act(some);
    next = Math.max(next, due);
    while (next < items.length && !isLeft(items[next])) next++;
    if (next >= items.length || ended.signal.aborted) return done;
    await clock.until(Math.max(begin + next * pause, clock.now() + STEP), ended.signal);
  }
}
