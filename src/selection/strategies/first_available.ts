import type { Strategy } from "../strategy.ts";

/** The first channel until it is full, then the next: as few channels as possible are in use. */
export const firstAvailable: Strategy = {
  name: "first",
  label: "1st",
  title: "first available",
  rotates: false,
  sticky: false,
  choose(candidates) {
    const first = candidates.next(0);
    for (let number = first; number >= 0; number = candidates.next(number + 1)) {
      if (candidates.takesTurn(number)) return number;
    }
    return first;
  },
};
