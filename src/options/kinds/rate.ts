import type { RateLimit } from "../../table/clients/pace.ts";
import { HIGHEST_COUNT, LONGEST_RATE } from "../ranges.ts";
import { optional, record, seconds, whole } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";
import { seconds as secondsKind } from "./seconds.ts";

const time = secondsKind({ least: "positive", most: LONGEST_RATE });

/** A rate: `N/SEC` or `N/SEC,BURST`. */
export function rate(): Kind<RateLimit> {
  return {
    metavar: "N/SEC",
    read: (word) => {
      const [, count, duration, burst] = /^(\d{1,10})\/([\d.]+)(?:,(\d{1,10}))?$/.exec(word) ?? [];
      const found = { count: Number(count), seconds: duration === undefined ? NaN : time.read(duration) };
      const fits = (value: number) => value >= 1 && value <= HIGHEST_COUNT;
      const { seconds } = found;
      if (typeof seconds === "number" && fits(found.count) && (burst === undefined || fits(Number(burst)))) {
        return burst === undefined ? { ...found, seconds } : { ...found, seconds, burst: Number(burst) };
      }
      return new Refusal(`takes N/SEC[,BURST], as in 10/1 for ten in a second; seconds up to ${LONGEST_RATE}`);
    },
    write: ({ count, seconds, burst }) => `${count}/${time.write(seconds)}` + (burst === undefined ? "" : `,${burst}`),
    check: record<RateLimit>({
      count: whole(1, HIGHEST_COUNT),
      seconds: seconds(0.001, LONGEST_RATE),
      burst: optional(whole(1, HIGHEST_COUNT)),
    }),
  };
}
