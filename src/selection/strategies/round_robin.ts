import type { Strategy } from "../strategy.ts";

/** Channels in turn. */
export const roundRobin: Strategy = {
  name: "rr",
  label: "RR",
  title: "round robin",
  rotates: true,
  sticky: false,
  choose: (candidates) => candidates.inTurn(),
};
