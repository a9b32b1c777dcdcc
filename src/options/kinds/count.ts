import { HIGHEST_COUNT } from "../ranges.ts";
import { whole } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** A whole number, by default at least 1. */
export function count({ metavar = "N", least = 1, most = HIGHEST_COUNT } = {}): Kind<number> {
  return {
    metavar,
    read: (word) => {
      const value = /^\d+$/.test(word) ? Number(word) : NaN;
      return value >= least && value <= most ? value : new Refusal(`takes a number from ${least} to ${most}`);
    },
    write: String,
    check: whole(least, most),
  };
}

/** The same, or `auto` in words. */
export function countOrAuto({ most }: { most: number }): Kind<number | "auto", number> {
  const number = count({ most });
  return {
    ...number,
    metavar: `${number.metavar}|auto`,
    read: (word) => word === "auto" ? "auto" : number.read(word),
    write: String,
    words: ["auto"],
  };
}
