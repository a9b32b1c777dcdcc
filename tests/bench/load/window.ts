import { processorTime } from "../processor_time.ts";
import { now } from "./libc.ts";
import type { Loop } from "./loop.ts";
import type { Traffic } from "./traffic/traffic.ts";

/** What happened between two moments. */
export interface Window {
  /** Units the traffic has done. */
  readonly done: number;
  readonly seconds: number;
  /** Nanoseconds the watched processes have used. */
  readonly processor: number;
  /** Nanoseconds this process has used: all of the time if it spins, unless something else took its processor. */
  readonly own: number;
}

interface Moment {
  readonly done: number;
  readonly time: number;
  readonly processor: number;
  readonly own: number;
}

/** Runs the traffic for `warmUp` seconds, then measures it for `seconds`. @throws {Error} when nothing moves */
export function measureWindow(
  loop: Loop,
  traffic: Traffic,
  pids: readonly number[],
  { warmUp, seconds, spin }: { readonly warmUp: number; readonly seconds: number; readonly spin: boolean },
): Window {
  run(loop, now() + warmUp, spin);
  const before = moment(traffic, pids);
  run(loop, before.time + seconds, spin);
  const after = moment(traffic, pids);
  if (after.done === before.done) throw new Error("nothing was answered");
  return {
    done: after.done - before.done,
    seconds: after.time - before.time,
    processor: after.processor - before.processor,
    own: after.own - before.own,
  };
}

/** Lets the loop turn until the condition holds. @throws {Error} after so many seconds without it */
export function runUntil(loop: Loop, condition: () => boolean, seconds: number, waitingFor: string): void {
  const end = now() + seconds;
  while (!condition()) {
    if (now() > end) throw new Error(`${waitingFor}: nothing within ${seconds} s`);
    loop.turn(10);
  }
}

function run(loop: Loop, end: number, spin: boolean): void {
  while (now() < end) loop.turn(spin ? 0 : 10);
}

function moment(traffic: Traffic, pids: readonly number[]): Moment {
  return { done: traffic.done, time: now(), processor: processorTime(pids), own: processorTime([Deno.pid]) };
}
