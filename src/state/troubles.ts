import { plural } from "../log/plural.ts";
import { countText } from "../log/quantities.ts";
import type { ChannelConditionState, ChannelState, TroubleState } from "./channel_state.ts";

/** A channel, as far as its troubles go: with its counters as in JSON, or exact ones. */
export type TroubledChannel = Omit<
  ChannelState,
  "total" | "failed" | "sent" | "rcvd" | keyof ChannelConditionState
>;

/** Connections in a row without an answer from which on that is told: a few clients may just have changed their minds. */
export const UNANSWERED = 5;

/** Seconds after which an error of a channel that works again is no longer told. */
const FORGOTTEN = 3_600;

/** Who keeps a channel from its clients, in the order in which it is told: what operators want comes before what fails. */
const PARTIES: readonly string[] = ["maintenance", "operator", "drain", "weight", "unresolved", "down", "autodisable"];

/** Levels of troubles, the worst first. */
const LEVELS: readonly string[] = ["bad", "warn", "wanted", "past"];

/** Nothing is wrong, as with most channels. */
export const WELL: ChannelConditionState = { state: "up", level: "good", troubles: [] };

/** How a channel is. */
export function conditionOf(channel: TroubledChannel): ChannelConditionState {
  const troubles = troublesOf(channel), [first] = troubles;
  if (first === undefined) return WELL;
  return first.level === "past" ? { ...WELL, troubles } : { state: first.word, level: first.level, troubles };
}

/** What is to be said about a channel, first that which makes its state, then the worst. */
function troublesOf(channel: TroubledChannel): readonly TroubleState[] {
  const { disabledBy, lastError, maxc, current, health } = channel, troubles: TroubleState[] = [];
  for (const party of disabledBy.length > 1 ? ordered(disabledBy) : disabledBy) {
    troubles.push(troubleBy(party, channel));
  }
  if (channel.failing || (channel.failuresInARow > 0 && !hasComeUp(channel))) troubles.push(failing(channel));
  if (channel.unanswered >= UNANSWERED) troubles.push(unanswered(channel));
  if (health?.flapping) {
    troubles.push(lasting("flapping", "warn", "flapping", "its checks fail and succeed by turns"));
  }
  if (maxc > 0 && current >= maxc) troubles.push(full(channel));
  if (lastError !== null && troubles.length === 0 && lastError.age < FORGOTTEN) {
    const { reason, at } = lastError;
    return [{ word: "failed", level: "past", what: "last failed connect", reason, since: null, at }];
  }
  if (troubles.length < 2) return troubles;
  const [first, ...more] = troubles;
  return [first, ...more.sort((one, other) => LEVELS.indexOf(one.level) - LEVELS.indexOf(other.level))];
}

/** Whether health checks have brought it up again since its last connect failed: its next client will get it. */
function hasComeUp({ health, lastError }: TroubledChannel): boolean {
  return health?.state === "up" && lastError !== null && Date.parse(health.stateSince) > Date.parse(lastError.at);
}

/** The parties in the order in which they are told; those of later versions come last. */
function ordered(parties: readonly string[]): string[] {
  const known = PARTIES.filter((party) => parties.includes(party));
  return [...known, ...parties.filter((party) => !known.includes(party))];
}

/** What is to be said about a channel that somebody keeps from getting clients. @param party one of its `disabledBy` */
export function troubleBy(party: string, channel: TroubledChannel): TroubleState {
  const { current, disabledSince, drainingSince } = channel, drained = current === 0 ? "drained" : "draining";
  if (party === "down") return down(channel);
  if (party === "unresolved") {
    return lasting("unresolved", "bad", `${channel.host} does not resolve`, channel.resolution?.stale ?? "");
  }
  if (party === "drain") {
    const left = current === 0 ? "no connections left" : `${countText(current)} ${plural(current, "connection")} left`;
    return lasting(drained, "wanted", "draining", left, drainingSince);
  }
  if (party === "weight") return lasting(drained, "wanted", "weight 0", "gets no new clients");
  if (party === "maintenance") return lasting("maint", "wanted", "in maintenance", "", disabledSince);
  if (party === "autodisable") return lasting("disabled", "bad", "disabled by autodisable", "", disabledSince);
  const by = party === "operator" ? "an operator" : party;
  return lasting("disabled", "wanted", `disabled by ${by}`, "", disabledSince);
}

/** What is to be said about a channel that has as many connections as it may have. */
export function full({ current, maxc }: Pick<TroubledChannel, "current" | "maxc">): TroubleState {
  return lasting("full", "warn", "full", `${countText(current)} of ${countText(maxc)} connections`);
}

/** What is to be said about a channel whose last connect failed. */
export function failing({ failuresInARow: count, failingSince, lastError }: TroubledChannel): TroubleState {
  // A predecessor of the process may have told it no more than that.
  const { reason = "", at = null } = lastError ?? {};
  if (count < 2) return { ...lasting("failing", "bad", "last connect failed", reason), at };
  const many = `${countText(count)} in a row`, why = reason === "" ? many : `${reason}, ${many}`;
  return { ...lasting("failing", "bad", "failing", why, failingSince), at };
}

/** How a channel fares that accepts, but does not answer. */
export function unanswered({ unanswered: count, unansweredSince }: TroubledChannel): TroubleState {
  return lasting("no-answer", "bad", "no answer", `the last ${countText(count)} connections`, unansweredSince);
}

function down({ health }: TroubledChannel): TroubleState {
  const { last = null, stateSince = null } = health ?? {};
  const reason = last === null ? "" : last.reason === "" ? last.result : `${last.result}, ${last.reason}`;
  return lasting("down", "bad", "down", reason, stateSince);
}

function lasting(
  word: string,
  level: string,
  what: string,
  reason: string,
  since: string | null = null,
): TroubleState {
  return { word, level, what, reason, since, at: null };
}
