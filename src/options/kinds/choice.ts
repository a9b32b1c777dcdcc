import { oneOf } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** One of several words. @param shown those that are for people */
export function choice<const T extends string>(words: readonly T[], shown: readonly string[] = words): Kind<T> {
  return {
    metavar: shown.join("|"),
    read: (word) => words.find((known) => known === word) ?? new Refusal(`takes ${shown.join(" or ")}`),
    write: (value) => value,
    check: oneOf(words),
    words: shown,
  };
}
