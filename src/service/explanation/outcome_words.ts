import { plural } from "../../log/plural.ts";
import { ageText, countText } from "../../log/quantities.ts";
import type { Explanation, Outcome } from "../../selection/explanation/explanation.ts";
import type { WhyChannelState } from "../../state/why_state.ts";
import type { ChannelId } from "../../table/channel_id.ts";

/** A channel with its group. */
interface Placed {
  readonly group: number;
  readonly state: WhyChannelState;
}

/** What becomes of a client, in words. */
export function outcomeReason(told: Explanation, find: (id: ChannelId) => Placed): string {
  const [first] = told.attempts;
  if (first === undefined) return endReason(told.outcome, told, find);
  const { state } = find(first.channel);
  return `${placeText(find(first.channel))}: ${state.reason}`;
}

/** What becomes of a client that is connected to no channel. */
function endReason(outcome: Outcome, { queue, home }: Explanation, find: (id: ChannelId) => Placed): string {
  if (outcome === "waits") {
    const { waiting, seconds } = queue!;
    const others = waiting === 0 ? "" : ` behind ${countText(waiting)} ${plural(waiting, "other")}`;
    const what = home === undefined ? "all that it may use is full" : `${placeText(find(home))}, which it had, is full`;
    return `waits${others} for up to ${ageText(seconds)} (--queue): ${what}`;
  }
  if (outcome === "full") {
    const waiting = queue === undefined
      ? ""
      : `, and ${countText(queue.waiting)} of ${countText(queue.limit)} may wait already`;
    return `turned away: all that it may use is full${waiting}`;
  }
  return outcome === "no-route" ? "turned away: no group is for it" : "turned away: no channel may take it";
}

function placeText({ group, state: { channel, name, address, host } }: Placed): string {
  return `group ${group} channel ${channel} (${name === null ? "" : `${name}, `}${address || host})`;
}
