import { ageText } from "../log/quantities.ts";
import type { TroubleState } from "./channel_state.ts";

/** Seconds after which it is said that nobody has tried since. */
const LONG_AGO = 60;

/**
 * A trouble in words, with its times as they are at this moment: `down for 40s: L4TOUT, no answer`.
 *
 * @param now milliseconds since 1970
 */
export function troubleText({ what, reason, since, at }: TroubleState, now: number): string {
  const when = since !== null ? ` for ${ageText(age(since, now))}` : at !== null ? ` ${ageText(age(at, now))} ago` : "";
  const isOld = since !== null && at !== null && age(at, now) >= LONG_AGO;
  const last = isOld ? `, the last ${ageText(age(at, now))} ago` : "";
  return `${what}${when}${reason === "" ? "" : `: ${reason}`}${last}`;
}

function age(time: string, now: number): number {
  return (now - Date.parse(time)) / 1000;
}
