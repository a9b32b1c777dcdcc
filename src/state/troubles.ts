import { ageText, countText } from "../log/quantities.ts";
import type { ChannelState } from "./channel_state.ts";

/** Something that a person ought to know about a channel. */
export interface Trouble {
  /** `bad`: it is out of use or fails. `wanted`: it gets no clients because somebody wants that. `past`: all is well now. */
  readonly kind: "bad" | "wanted" | "past";
  readonly text: string;
}

/** A channel, as far as its troubles go: with its counters as in JSON, or exact ones. */
export type TroubledChannel = Omit<ChannelState, "total" | "failed" | "sent" | "rcvd">;

/** The worst first. */
const KINDS: readonly Trouble["kind"][] = ["bad", "wanted", "past"];

/** Connections in a row without an answer from which on that is told: a few clients may just have changed their minds. */
export const UNANSWERED = 5;

/** Seconds after which an error of a channel that works again is no longer told. */
const FORGOTTEN = 3_600;

/** What is to be said about a channel, the worst first; nothing if all is well. @param now milliseconds since 1970 */
export function troublesOf(channel: TroubledChannel, now: number): Trouble[] {
  const { disabledBy, lastError, maxc, current } = channel, troubles: Trouble[] = [];
  const bad = (text: string) => troubles.push({ kind: "bad", text });
  for (const party of disabledBy) troubles.push(troubleBy(party, channel, now));
  if (channel.health?.flapping) bad("flapping: its checks fail and succeed by turns");
  if (channel.failing || channel.failuresInARow > 0) bad(failingText(channel, now));
  if (channel.unanswered >= UNANSWERED) bad(unansweredText(channel, now));
  if (maxc > 0 && current >= maxc) bad(fullText(channel));
  if (lastError !== null && troubles.length === 0 && lastError.age < FORGOTTEN) {
    const text = `last failed connect ${ageText(lastError.age)} ago: ${lastError.reason}`;
    troubles.push({ kind: "past", text });
  }
  return troubles.sort((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind));
}

/** What is to be said about a channel that somebody keeps from getting clients. @param party one of its `disabledBy` */
export function troubleBy(party: string, channel: TroubledChannel, now: number): Trouble {
  const bad = (text: string): Trouble => ({ kind: "bad", text });
  const wanted = (text: string): Trouble => ({ kind: "wanted", text });
  if (party === "down") return bad(downText(channel));
  if (party === "unresolved") return bad(unresolvedText(channel));
  if (party === "drain") return wanted(`draining${since(channel.drainingSince, now)}`);
  if (party === "weight") return wanted("weight 0: gets no new clients");
  if (party === "maintenance") return wanted(`in maintenance${since(channel.disabledSince, now)}`);
  if (party === "autodisable") return bad(`disabled by autodisable${ago(channel.disabledSince, now)}`);
  return wanted(`disabled by the ${party}${ago(channel.disabledSince, now)}`);
}

/** What is to be said about a channel that has as many connections as it may have. */
export function fullText({ current, maxc }: Pick<TroubledChannel, "current" | "maxc">): string {
  return `full: ${countText(current)} of ${countText(maxc)} connections`;
}

/** How a channel fares that accepts, but does not answer. */
function unansweredText({ unanswered, unansweredSince }: TroubledChannel, now: number): string {
  return `no answer over the last ${countText(unanswered)} connections${since(unansweredSince, now)}`;
}

function downText({ health }: TroubledChannel): string {
  if (health === undefined) return "down";
  const { since, last } = health, reason = last === null || last.reason === "" ? "" : `, ${last.reason}`;
  return `down for ${ageText(since)}${last === null ? "" : `: ${last.result}${reason}`}`;
}

function unresolvedText({ host, resolution }: TroubledChannel): string {
  const why = resolution?.stale ?? null;
  return `${host} does not resolve${why === null ? "" : `: ${why}`}`;
}

/** How a channel fails whose last connect failed. */
export function failingText({ failuresInARow: count, failingSince, lastError }: TroubledChannel, now: number): string {
  // A predecessor of the process may have told it no more than that.
  if (lastError === null) return "its last connect failed";
  const { age, reason } = lastError;
  if (count < 2) return `its last connect failed ${ageText(age)} ago: ${reason}`;
  return `failing${since(failingSince, now)}: ${countText(count)} connects in a row, the last ${
    ageText(age)
  } ago: ${reason}`;
}

function since(time: string | null, now: number): string {
  return time === null ? "" : ` for ${secondsSince(time, now)}`;
}

function ago(time: string | null, now: number): string {
  return time === null ? "" : ` ${secondsSince(time, now)} ago`;
}

function secondsSince(time: string, now: number): string {
  return ageText((now - Date.parse(time)) / 1000);
}
