import type { KeepAlive } from "../keep_alive.ts";
import { LONGEST_KEEP_ALIVE, MOST_PROBES } from "../ranges.ts";
import { optional, record, whole } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** Keep-alive times and the number of probes. */
export function keepAlive(): Kind<KeepAlive> {
  return {
    metavar: "I[,T[,N]]",
    read: (word) => {
      const match = /^(\d{1,5})(?:,(\d{1,5})(?:,(\d{1,3}))?)?$/.exec(word);
      const [idle, interval, probes] = match?.slice(1).map((text) => text === undefined ? undefined : Number(text)) ??
        [];
      const fits = (value: number | undefined, most: number) => value === undefined || (value >= 1 && value <= most);
      if (
        idle !== undefined && fits(idle, LONGEST_KEEP_ALIVE) && fits(interval, LONGEST_KEEP_ALIVE) &&
        fits(probes, MOST_PROBES)
      ) return { idle, interval, probes };
      return new Refusal(
        `takes IDLE[,INTERVAL[,PROBES]], seconds up to ${LONGEST_KEEP_ALIVE} and probes up to ${MOST_PROBES}`,
      );
    },
    write: ({ idle, interval, probes }) => [idle, interval, probes].filter((part) => part !== undefined).join(","),
    check: record<KeepAlive>({
      idle: optional(whole(1, LONGEST_KEEP_ALIVE)),
      interval: optional(whole(1, LONGEST_KEEP_ALIVE)),
      probes: optional(whole(1, MOST_PROBES)),
    }),
  };
}
