import { MAX_CHANNELS } from "../../table/limits.ts";
import type { Candidates, Strategy } from "../strategy.ts";

/** Candidates and their weights while one choice is made; the same arrays each time, so that none is allocated. */
const numbers = new Uint8Array(MAX_CHANNELS), weights = new Float64Array(MAX_CHANNELS);

/**
 * Two different channels drawn at random, by weight; of these, the one with fewer connections for its weight (the power
 * of two choices, Mitzenmacher, 2001). Several balancers that know nothing of each other do not all send their clients
 * to the same channel.
 */
export const twoChoices: Strategy = {
  name: "random",
  label: "Rand",
  title: "random",
  rotates: false,
  sticky: false,
  choose(candidates: Candidates) {
    let count = 0, total = 0;
    for (let number = -1; (number = candidates.next(number + 1)) >= 0; count++) {
      numbers[count] = number;
      total += weights[count] = candidates.weight(number);
    }
    if (count < 2) return count === 0 ? -1 : numbers[0];
    const first = draw(candidates.random() * total, count), weight = weights[first];
    weights[first] = 0;
    const second = draw(candidates.random() * (total - weight), count);
    const one = candidates.current(numbers[first]), other = candidates.current(numbers[second]);
    // Both idle: the first draw decides, so that clients who come one after another are spread by weight.
    if (one === 0 && other === 0) return numbers[first];
    return numbers[(other + 1) / weights[second] < (one + 1) / weight ? second : first];
  },
};

/** Index of the weight in which a point of their sum lies; the last one that is not 0 if rounding puts it beyond. */
function draw(point: number, count: number): number {
  let last = 0;
  for (let i = 0; i < count; i++) {
    if (weights[i] === 0) continue;
    last = i;
    point -= weights[i];
    if (point < 0) break;
  }
  return last;
}
