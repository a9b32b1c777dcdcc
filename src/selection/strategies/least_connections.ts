import type { Candidates, Strategy } from "../strategy.ts";

/** No candidate has a connection. */
const IDLE = -2;

/**
 * The least busy channel: the one with the fewest connections for its weight, the new one included. Among equals, and
 * as long as there are no connections at all, channels take turns.
 */
export const leastConnections: Strategy = {
  name: "least",
  label: "LC",
  title: "least connections",
  rotates: true,
  sticky: false,
  choose(candidates: Candidates) {
    const best = leastLoaded(candidates, -1);
    if (best === IDLE) return candidates.inTurn();
    if (best < 0 || candidates.takesTurn(best)) return best;
    // It has just come back, and would get every client until it has as many as the others.
    const other = leastLoaded(candidates, best);
    return other < 0 ? best : other;
  },
};

/** The least loaded candidate other than this one; IDLE if none has a connection. */
function leastLoaded(candidates: Candidates, except: number): number {
  const { cursor } = candidates;
  let best = -1, lowest = Infinity, idle = true;
  // Once around from the cursor, so that the first of several equals is the one whose turn comes first.
  for (let number = candidates.next(cursor), again = false;; number = candidates.next(number + 1)) {
    if (number < 0 || (again && number >= cursor)) {
      if (again || cursor === 0) break;
      again = true;
      number = -1;
      continue;
    }
    if (number === except) continue;
    const current = candidates.current(number), load = (current + 1) / candidates.weight(number);
    if (current > 0) idle = false;
    if (load >= lowest) continue;
    best = number;
    lowest = load;
  }
  return idle && except < 0 ? IDLE : best;
}
