import { type Alarm, RunningClock } from "../engine/running_clock.ts";

/**
 * Milliseconds between checks of the clock during a drain, so that time in which the process was stopped is noticed.
 */
const LOOK = 1000;

/** Waits for an end for at most so many seconds, not counting time in which the process was stopped. */
export async function endsWithin(ended: Promise<void>, seconds: number): Promise<void> {
  const clock = new RunningClock(), end = clock.now() + seconds * 1000;
  let alarm: Alarm | undefined;
  const over = new Promise<void>((resolve) => {
    const wait = () => {
      const now = clock.now();
      if (now >= end) resolve();
      else alarm = clock.at(Math.min(end, now + LOOK), wait);
    };
    wait();
  });
  await Promise.race([ended, over]);
  alarm?.cancel();
}
