import type { Latency } from "./commands.ts";
import { now } from "./libc.ts";
import type { Loop } from "./loop.ts";
import type { Pace } from "./traffic/pace.ts";
import type { Traffic } from "./traffic/traffic.ts";

/** Seconds that the last answers may take. */
export const PATIENCE = 2;

/** Traffic at a fixed pace. */
export interface Paced extends Traffic {
  readonly pace: Pace;
  /** Sends what is due. */
  send(): void;
}

/**
 * Runs paced traffic to its end. @returns its latencies, without those of the first seconds
 *
 * @param rate requests a second
 */
export function latencyOf(
  loop: Loop,
  traffic: Paced,
  { rate, warmUp, spin }: { readonly rate: number; readonly warmUp: number; readonly spin: boolean },
): Latency {
  while (!traffic.pace.allSent) {
    traffic.send();
    // Sleeping a millisecond is too coarse for a rate, but better than keeping the proxy off a processor they share.
    loop.turn(spin ? 0 : 1);
  }
  const patience = now() + PATIENCE;
  while (traffic.done < traffic.pace.requests && now() < patience) loop.turn(0);
  return traffic.pace.result(Math.round(warmUp * rate));
}
