import { ageText } from "../log/quantities.ts";
import type { TroubleState } from "./channel_state.ts";

/**
 * A trouble in words, with its times as they are at this moment: `down for 40s: L4TOUT, no answer`.
 *
 * @param now milliseconds since 1970
 */
export function troubleText({ what, reason, since, at }: TroubleState, now: number): string {
  const when = since !== null ? ` for ${age(since, now)}` : at !== null ? ` ${age(at, now)} ago` : "";
  const last = since === null || at === null ? "" : `, the last ${age(at, now)} ago`;
  return `${what}${when}${reason === "" ? "" : `: ${reason}`}${last}`;
}

function age(time: string, now: number): string {
  return ageText((now - Date.parse(time)) / 1000);
}
