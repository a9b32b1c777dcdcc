import assert from "node:assert/strict";
import { pause } from "../support/eventually.ts";

export { pause };

/**
 * By how much a time or a processor share may exceed what must hold before a test fails. The page shows what was really
 * measured; a test must not fail because the machine is busy.
 */
export const SLACK = Number(Deno.env.get("BALANCE_SLACK") ?? 4);

/** Asserts that a time or share is within a bound, with some slack. @returns the figure as text */
export function within(what: string, value: number, bound: number, unit: string): string {
  assert.ok(value <= bound * SLACK, `${what}: ${value.toFixed(2)} ${unit}, may be ${bound} ${unit}`);
  return `${what} ${show(value)} ${unit}`;
}

/** A figure with as many digits as mean something. */
export function show(value: number): string {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Waits until a condition holds that takes asking. */
export async function eventuallyAsync(
  what: string,
  condition: () => Promise<boolean>,
  seconds = 30,
  found: () => string = () => "",
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!await condition()) {
    assert.ok(performance.now() < end, `still not true after ${seconds} s: ${what}: ${found()}`);
    await pause(20);
  }
}

/** Seconds since a moment of `performance.now()`. */
export function since(start: number): number {
  return (performance.now() - start) / 1000;
}
