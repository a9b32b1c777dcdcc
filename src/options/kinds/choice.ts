import { oneOf } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** One of several words. */
export function choice<const T extends string>(words: readonly T[]): Kind<T> {
  return {
    metavar: words.join("|"),
    read: (word) => words.find((known) => known === word) ?? new Refusal(`takes ${words.join(" or ")}`),
    write: (value) => value,
    check: oneOf(words),
    words,
  };
}
