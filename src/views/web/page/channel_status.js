// @ts-check
/** What is the matter with a channel, in a word. Pure. */

/** @import { ChannelState } from "../../../state/channel_state.ts" */

/**
 * How bad it is. Each has its shape and colour on the page.
 *
 * - `up`: gets connections
 * - `warn`: gets connections, but all is not well
 * - `down`: should get connections and does not
 * - `off`: gets none because somebody wants it so
 * - `draining`: the same, and still has some
 *
 * @typedef {"down" | "warn" | "draining" | "off" | "up"} Level
 */

/** @typedef {{ readonly level: Level, readonly word: string }} Status */

/** Connections in a row without an answer from which on that is told: as `show` does, see `state/troubles.ts`. */
export const UNANSWERED = 5;

/** The worst first. */
export const LEVELS = /** @type {readonly Level[]} */ (["down", "warn", "draining", "off", "up"]);

/** Who keeps a channel from its clients, in the order in which it is told. @type {readonly [string, Level, string][]} */
const REASONS = [
  ["drain", "draining", "draining"],
  ["operator", "off", "disabled"],
  ["maintenance", "off", "maintenance"],
  ["unresolved", "down", "unresolved"],
  ["down", "down", "down"],
  ["autodisable", "down", "auto-disabled"],
  ["weight", "off", "weight 0"],
];

/** @param {ChannelState} channel @returns {Status} */
export function statusOf(channel) {
  const { enabled, disabledBy, current, maxc, failing, health } = channel;
  for (const [by, level, word] of REASONS) {
    if (!disabledBy.includes(by)) continue;
    if (by === "drain" && current === 0) return { level: "off", word: "drained" };
    return { level, word };
  }
  if (!enabled) return { level: "off", word: "disabled" };
  if (failing) return { level: "down", word: "failing" };
  if (health?.state === "down") return { level: "down", word: "down" };
  if (health?.flapping) return { level: "warn", word: "flapping" };
  if (maxc > 0 && current >= maxc) return { level: "warn", word: "full" };
  return { level: "up", word: "up" };
}

/**
 * Why it is not as one would have it. `now`: it still is so.
 *
 * @typedef {{ readonly text: string, readonly seconds: number | null, readonly more: string, readonly now: boolean }} Problem
 */

/** Who keeps a channel from its clients, in words. @type {Record<string, string>} */
const BY = {
  drain: "drained by the operator",
  operator: "disabled by the operator",
  maintenance: "in maintenance",
  weight: "its weight is 0",
};

/** What is the matter, or was at last; undefined if nothing is known. @param {ChannelState} channel @param {number} now as Date.now() @returns {Problem | undefined} */
export function problemOf(
  {
    lastError,
    failingSince,
    failuresInARow,
    unanswered,
    unansweredSince,
    health,
    resolution,
    disabledBy,
    disabledSince,
  },
  now,
) {
  if (health?.state === "down" && health.last !== null) {
    const { result, reason } = health.last, text = [result, reason].filter((part) => part !== "").join(": ");
    return { text, seconds: health.since, more: "", now: true };
  }
  if (disabledBy.includes("unresolved") && resolution?.stale) {
    return { text: resolution.stale, seconds: null, more: "", now: true };
  }
  const by = disabledBy.find((word) => word in BY);
  if (by !== undefined) {
    const seconds = disabledSince === null ? null : Math.max(0, (now - Date.parse(disabledSince)) / 1000);
    return { text: BY[by], seconds, more: "", now: true };
  }
  if (failingSince === null && unanswered >= UNANSWERED) {
    const seconds = unansweredSince === null ? null : Math.max(0, (now - Date.parse(unansweredSince)) / 1000);
    return { text: "no answer", seconds, more: `the last ${unanswered} connections`, now: true };
  }
  if (lastError === null) return undefined;
  const more = failuresInARow > 1 ? `${failuresInARow} in a row` : "";
  const seconds = failingSince === null ? lastError.age : Math.max(0, (now - Date.parse(failingSince)) / 1000);
  return { text: lastError.reason, seconds, more, now: failingSince !== null };
}

/** The same as a text. @param {Problem | undefined} problem @param {(seconds: number) => string} duration */
export function problemText(problem, duration) {
  if (problem === undefined) return "";
  const { text, seconds, more, now } = problem;
  const when = seconds === null ? [] : now ? `for ${duration(seconds)}` : `${duration(seconds)} ago`;
  return [text, when, more === "" ? [] : more].flat().join(", ");
}
