import { HIGHEST_COUNT } from "../ranges.ts";
import { whole } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** A whole number, at least 1. */
export function count({ metavar = "N", most = HIGHEST_COUNT } = {}): Kind<number> {
  return {
    metavar,
    read: (word) => {
      const value = /^\d+$/.test(word) ? Number(word) : NaN;
      return value >= 1 && value <= most ? value : new Refusal(`takes a number from 1 to ${most}`);
    },
    write: String,
    check: whole(1, most),
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
