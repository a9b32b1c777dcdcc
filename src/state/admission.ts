import type { ChannelState } from "./channel_state.ts";

/** Whether a channel gets new connections, as far as somebody decides that: `drained` by a drain or weight 0. */
export const ADMISSIONS = ["enabled", "drained", "down", "disabled"] as const;

/** One of `ADMISSIONS`. */
export type Admission = typeof ADMISSIONS[number];

/** Which one the parties make that keep a channel from getting connections. */
export function admissionOf(disabledBy: readonly string[]): Admission {
  if (disabledBy.length === 0) return "enabled";
  if (disabledBy.every((party) => party === "down")) return "down";
  return disabledBy.every((party) => party === "drain" || party === "weight") ? "drained" : "disabled";
}

/** In the column S of Balance's table: what Balance has for it, and for what it does not know. */
const LETTERS: Readonly<Record<Admission, string>> = { enabled: "ENA", drained: "drn", down: "dwn", disabled: "dis" };

/** What Balance's table says in its column S. */
export function admissionLetters({ disabledBy }: Pick<ChannelState, "disabledBy">): string {
  return LETTERS[admissionOf(disabledBy)];
}
