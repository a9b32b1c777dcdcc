import type { ChannelState } from "./channel_state.ts";

/** Whether a channel gets new connections, in a word: what Balance has for it, and for reasons that it does not know. */
export function stateWord({ disabledBy }: Pick<ChannelState, "disabledBy">): string {
  if (disabledBy.length === 0) return "ENA";
  if (disabledBy.every((party) => party === "down")) return "dwn";
  return disabledBy.every((party) => party === "drain" || party === "weight") ? "drn" : "dis";
}
