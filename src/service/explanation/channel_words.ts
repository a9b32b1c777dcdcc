import { partiesOf } from "../../groups/parties.ts";
import type { ChannelReport } from "../../groups/report.ts";
import { plural } from "../../log/plural.ts";
import { ageText, countText } from "../../log/quantities.ts";
import type { ExplainedAttempt, ExplainedChannel, ExplainedGroup } from "../../selection/explanation/explanation.ts";
import type { TroubleState } from "../../state/channel_state.ts";
import { failing, full, troubleBy, UNANSWERED, unanswered } from "../../state/troubles.ts";
import { troubleText } from "../../state/trouble_text.ts";
import type { Attempt, Subject } from "./subject.ts";

/** What counts against a channel, see `WhyChannelState`. @param tried whether it would be tried all the same */
export function againstOf(channel: ExplainedChannel, { usable, owned }: ExplainedGroup, tried: boolean): string[] {
  if (!usable) return ["condition"];
  const against: string[] = partiesOf(channel.disabledBy);
  if (channel.isFull) against.push("full");
  if (channel.isClaimed) against.push("queue");
  if (channel.rests > 0) against.push("rests");
  if (against.length === 0 && owned && !tried) against.push("other");
  return against;
}

/** Why a channel would be tried when it would, or not at all, in words. */
export function channelReason(
  channel: ExplainedChannel,
  group: ExplainedGroup,
  report: ChannelReport,
  subject: Subject,
): string {
  const { told: { home }, attempts, now, service } = subject;
  if (!group.usable) return "its group is not for this client";
  const attempt = attempts.get(channel.id);
  const inWords = (trouble: TroubleState) => troubleText(trouble, now);
  const against = againstOf(channel, group, attempt !== undefined).map((word) => {
    if (word === "full") return inWords(full(channel));
    if (word === "queue") return "clients who came earlier wait for it";
    if (word === "rests") {
      return `skipped for ${ageText(Math.ceil(channel.rests / 1000))} more: ${inWords(failing(report))}`;
    }
    return word === "other" ? "" : inWords(troubleBy(word, report));
  }).filter((text) => text !== "");
  if (attempt !== undefined) {
    const why = strategyReason(channel, attempt, group, subject);
    // It would be chosen all the same: whether a channel answers does not count.
    if (against.length === 0 && report.unanswered >= UNANSWERED) return `${why}, but ${inWords(unanswered(report))}`;
    return against.length === 0 ? why : `${against.join("; ")}; ${LAST_RESORT[attempt.need]}`;
  }
  if (against.length > 0) return against.join("; ");
  if (home !== undefined) return "not asked: the client waits for the channel that it had";
  const { title } = service.groups.strategyOf(group.group);
  return group.owned ? `for other clients (${title})${rankText(channel)}` : `not chosen by ${title}`;
}

const LAST_RESORT: Readonly<Record<ExplainedAttempt["need"], string>> = {
  all: "tried all the same",
  rests: "a last resort",
  down: "a last resort, as all that is left is down",
};

/** Why the strategy chooses a channel when it does. */
function strategyReason(
  channel: ExplainedChannel,
  attempt: Attempt,
  group: ExplainedGroup,
  { service }: Subject,
): string {
  const slow = channel.share < 1 ? `, slow start: ${Math.round(channel.share * 100)} % of its share` : "";
  if (attempt.before) return `the client had it before (--sticky)`;
  const { name, title } = service.groups.strategyOf(group.group),
    { current, weight, rank, chance } = channel,
    { isFirst } = attempt;
  if (name === "rr") return `${isFirst ? "its turn" : "next in turn"}${slow}`;
  if (name === "hash" || name === "stable") {
    return rank === 1 ? `the client's own, by ${title}` : `by ${title}, the client's choice number ${rank}`;
  }
  if (name === "least") {
    const load = `${countText(current)} ${plural(current, "connection")}`;
    const weighed = group.channels.some((other) => other.weight !== weight) ? ` at weight ${weight}` : "";
    return `${isFirst ? "least busy" : "then least busy"}: ${load}${weighed}${slow}`;
  }
  if (chance !== undefined) {
    if (chance === 0) return `at random, hardly ever first${slow}`;
    const percent = chance < 0.1 ? (chance * 100).toFixed(1) : Math.round(chance * 100);
    return `at random, chance of being first: ${percent} %${slow}`;
  }
  if (name === "first") return `${isFirst ? "the first" : "the next"} that is available${slow}`;
  return `chosen by ${title}`;
}

function rankText({ rank }: ExplainedChannel): string {
  return rank === undefined || rank === 1 ? "" : `, the client's choice number ${rank}`;
}
