import { plural } from "../../../log/plural.ts";
import { ageText, countText } from "../../../log/quantities.ts";
import type { ChannelState } from "../../../state/state.ts";

/** Something that a person ought to know about a channel. */
export interface Trouble {
  /** `bad`: it is out of use or fails. `wanted`: it gets no clients because somebody wants that. `past`: all is well now. */
  readonly kind: "bad" | "wanted" | "past";
  readonly text: string;
}

/** The worst first. */
const KINDS: readonly Trouble["kind"][] = ["bad", "wanted", "past"];

/** Seconds after which an error of a channel that works again is no longer told. */
const FORGOTTEN = 3_600;

/** What is to be said about a channel, the worst first; nothing if all is well. @param now milliseconds since 1970 */
export function troublesOf(channel: ChannelState, now: number): Trouble[] {
  const { disabledBy, lastError, maxc, current } = channel, troubles: Trouble[] = [];
  const bad = (text: string) => troubles.push({ kind: "bad", text });
  const wanted = (text: string) => troubles.push({ kind: "wanted", text });
  for (const party of disabledBy) {
    if (party === "down") bad(downText(channel));
    else if (party === "unresolved") bad(unresolvedText(channel));
    else if (party === "drain") wanted(`draining${since(channel.drainingSince, now)}`);
    else if (party === "weight") wanted("weight 0: gets no new clients");
    else if (party === "maintenance") wanted(`in maintenance${since(channel.disabledSince, now)}`);
    else if (party === "autodisable") bad(`disabled by autodisable${ago(channel.disabledSince, now)}`);
    else wanted(`disabled by the ${party}${ago(channel.disabledSince, now)}`);
  }
  if (channel.health?.flapping) bad("flapping: its checks fail and succeed by turns");
  if (channel.failing || channel.failuresInARow > 0) bad(failingText(channel, now));
  if (maxc > 0 && current >= maxc) bad(`full: ${countText(current)} of ${countText(maxc)} connections`);
  if (lastError !== null && troubles.length === 0 && lastError.age < FORGOTTEN) {
    const text = `last failed connect ${ageText(lastError.age)} ago: ${lastError.reason}`;
    troubles.push({ kind: "past", text });
  }
  return troubles.sort((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind));
}

function downText({ health }: ChannelState): string {
  if (health === undefined) return "down";
  const { since, last } = health, reason = last === null || last.reason === "" ? "" : `, ${last.reason}`;
  return `down for ${ageText(since)}${last === null ? "" : `: ${last.result}${reason}`}`;
}

function unresolvedText({ host, resolution }: ChannelState): string {
  const why = resolution?.stale ?? null;
  return `${host} does not resolve${why === null ? "" : `: ${why}`}`;
}

function failingText({ failuresInARow: count, failingSince, lastError }: ChannelState, now: number): string {
  // A predecessor of the process may have told it no more than that.
  if (lastError === null) return "its last connect failed";
  const { age, reason } = lastError;
  if (count < 2) return `its last connect failed ${ageText(age)} ago: ${reason}`;
  const many = `${countText(count)} ${plural(count, "connect")} in a row failed`;
  return `${many}${since(failingSince, now)}, the last ${ageText(age)} ago: ${reason}`;
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
