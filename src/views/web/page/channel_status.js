// @ts-check
/** How the state of a channel looks, and its troubles with their times. The words come from the program. Pure. */

/** @import { ChannelState, TroubleState } from "../../../state/channel_state.ts" */

/**
 * What a status looks like: each has its shape and colour on the page.
 *
 * - `up`: all is well
 * - `warn`: serves, but not all is well
 * - `down`: should serve and does not
 * - `off`: gets no clients because somebody wants it so
 * - `draining`: the same, and still has some
 *
 * @typedef {"down" | "warn" | "draining" | "off" | "up"} Look
 */

/** @typedef {{ readonly look: Look, readonly word: string }} Status */

/** The worst first. */
export const LOOKS = /** @type {readonly Look[]} */ (["down", "warn", "draining", "off", "up"]);

/** By level. @type {ReadonlyMap<string, Look>} */
const BY_LEVEL = new Map([["good", "up"], ["warn", "warn"], ["bad", "down"], ["wanted", "off"]]);

/** @param {Pick<ChannelState, "state" | "level">} channel @returns {Status} */
export function statusOf({ state, level }) {
  return { look: state === "draining" ? "draining" : BY_LEVEL.get(level) ?? "warn", word: state };
}

/**
 * A trouble in words. `brief`: the same beside its word. `now`: it still is so. `seconds`: for how long it has been so, or
 * since it was.
 *
 * @typedef {{ readonly text: string, readonly brief: string, readonly seconds: number | null, readonly now: boolean }} Problem
 */

/** Seconds after which it is said that nobody has tried since. */
const LONG_AGO = 60;

/**
 * A trouble with its times as they are at this moment, as `troubleText` in `state/trouble_text.ts` makes them for terminals.
 *
 * @param {TroubleState} trouble @param {number} now as Date.now() @param {(seconds: number) => string} duration
 * @returns {Problem}
 */
export function problemOf({ word, level, what, reason, since, at }, now, duration) {
  /** @param {string} time */
  const age = (time) => Math.max(0, (now - Date.parse(time)) / 1000);
  const when = since !== null ? ` for ${duration(age(since))}` : at !== null ? ` ${duration(age(at))} ago` : "";
  const isOld = since !== null && at !== null && age(at) >= LONG_AGO, time = since ?? at;
  const last = isOld ? `, the last ${duration(age(at))} ago` : "";
  const text = `${what}${when}${reason === "" ? "" : `: ${reason}`}${last}`;
  const isSaid = what === word.replace("-", " ") && reason !== "";
  return {
    text,
    brief: isSaid ? `${since === null ? "" : `${duration(age(since))}: `}${reason}${last}` : text,
    seconds: time === null ? null : age(time),
    now: level !== "past",
  };
}
