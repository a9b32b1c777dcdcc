import { type Alarm, RunningClock } from "../../engine/running_clock.ts";

/**
 * Milliseconds between checks of the clock during a drain, so that time in which the process was stopped is noticed.
 */
const LOOK = 1000;

/** What can be drained. */
interface Drainable {
  readonly connections: number;
  readonly ended: Promise<void>;
  stopAccepting(): void;
  stop(): Promise<void>;
}

/** Stops accepting, gives connections `seconds` to end, then closes those that are left. @returns how many were left */
export async function drain(one: Drainable, seconds: number): Promise<number> {
  one.stopAccepting();
  await endsWithin(one.ended, seconds);
  const left = one.connections;
  await one.stop();
  return left;
}

/** Waits for an end for at most so many seconds, not counting time in which the process was stopped. */
async function endsWithin(ended: Promise<void>, seconds: number): Promise<void> {
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
