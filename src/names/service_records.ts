import { MAX_WEIGHT } from "../table/limits.ts";
import type { ServiceRecord } from "./dns_message.ts";

/** One place of a service, with a channel's weight. */
export interface ServicePlace {
  readonly host: string;
  readonly port: number;
  /** 1 to 256. */
  readonly weight: number;
}

/**
 * The places of a service, a list for each priority, the lowest first. Within a list, weights keep their proportions as
 * far as 1 to 256 allow; the weight 0 means that a place is hardly ever to be chosen (RFC 2782).
 */
export function placesByPriority(records: readonly ServiceRecord[]): ServicePlace[][] {
  const byPriority = Map.groupBy(records, ({ priority }) => priority);
  return [...byPriority].toSorted(([a], [b]) => a - b).map(([, records]) => {
    const largest = Math.max(...records.map(({ weight }) => weight)), factor = Math.min(1, MAX_WEIGHT / largest);
    // Where all have the same weight, or none, they are equal.
    const equal = records.every(({ weight }) => weight === largest);
    return records.map(({ target, port, weight }) => ({
      host: target,
      port,
      weight: equal ? 1 : Math.max(1, Math.round(weight * factor)),
    }));
  });
}
