import { MAX_GROUPS } from "../table/limits.ts";
import type { Channels } from "./channels.ts";

/** A group of which clients get a channel. */
export interface UsableGroup {
  readonly group: number;
  /** Its channels, and those of them that can be used. */
  readonly channels: number;
  readonly usable: number;
}

/**
 * The first group of which clients get a channel; undefined if there is none. Whoever asks whether a service is well
 * goes by this.
 *
 * @param only look at this group alone
 */
export function usableGroup(groups: Channels, only?: number): UsableGroup | undefined {
  for (let group = only ?? 0; group <= (only ?? MAX_GROUPS - 1); group++) {
    const found = groups.usable(group);
    if (found.usable > 0) return { group, ...found };
  }
  return undefined;
}
