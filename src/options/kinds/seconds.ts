import { LONGEST_TIME } from "../ranges.ts";
import { seconds as shape } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** Shortest time in seconds, where 0 has no meaning. */
const SHORTEST = 0.001;

/**
 * A time in seconds, which may have a fraction.
 *
 * @param range `least` is 0 or, where that has no meaning, `"positive"`: a millisecond in words, anything above 0 from
 * a program
 */
export function seconds({ least = 0, most = LONGEST_TIME }: { least?: number | "positive"; most?: number } = {}): Kind<
  number
> {
  const lowest = least === "positive" ? SHORTEST : least;
  return {
    metavar: "SEC",
    read: (word) => {
      const value = /^(?:\d+(?:\.\d*)?|\.\d+)$/.test(word) ? Number(word) : NaN;
      return value >= lowest && value <= most ? value : new Refusal(`takes seconds, ${lowest} to ${most}`);
    },
    write: decimal,
    check: shape(least === "positive" ? Number.MIN_VALUE : least, most),
  };
}

/** A number without an exponent, with all its digits. */
function decimal(value: number): string {
  const [digits, exponent] = String(value).split("e-");
  return exponent === undefined ? digits : `0.${"0".repeat(Number(exponent) - 1)}${digits.replace(".", "")}`;
}
