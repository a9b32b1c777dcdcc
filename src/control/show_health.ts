import { escape } from "../log/escape.ts";
import { formatChannelAddress } from "../table/address.ts";
import { columns } from "./columns.ts";
import type { ChannelHealth, ChannelSnapshot, GroupSnapshot } from "../groups/snapshot.ts";

const HEADINGS = ["GRP", "#", "channel", "state", "count", "since", "result", "ms", "ago", "reason"];

/** Columns that read from the left. */
const LEFT = new Set(["channel", "state", "result", "reason"]);

/** The lines of the table that `show health` prints. */
export function healthTable(groups: readonly GroupSnapshot[]): string[] {
  const rows = groups.flatMap(({ group, channels }) =>
    channels.map((channel) => [String(group), String(channel.channel), placeOf(channel), ...healthCells(channel)])
  );
  return columns(HEADINGS, rows, LEFT);
}

function healthCells({ health, disabledBy }: ChannelSnapshot): string[] {
  if (health === undefined) return ["not checked", "", "", "", "", "", ""];
  const { state, flapping, since, last } = health;
  // An operator has enabled it; that holds until the next failure.
  const overruled = state === "down" && !disabledBy.includes("down");
  const words = [state, ...overruled ? ["enabled"] : [], ...flapping ? ["flapping"] : []].join(", ");
  const result = last === null ? ["", "", "", ""] : [
    last.result,
    last.took === null ? "client" : last.took.toFixed(1),
    duration(last.age),
    escape(last.reason),
  ];
  return [words, countText(health), duration(since), ...result];
}

/** How many failures it can bear, or successes it has of those that it needs, as HAProxy shows it. */
function countText({ state, counter, rise, fall }: ChannelHealth): string {
  return state === "down" ? `${counter}/${rise}` : `${counter - rise + 1}/${fall}`;
}

function placeOf({ host, port }: ChannelSnapshot): string {
  return escape(formatChannelAddress({ host, port }));
}

/** Seconds for people: `59s`, `3m`, `5h`, `2d`. */
function duration(seconds: number): string {
  const units: [number, string][] = [[86_400, "d"], [3_600, "h"], [60, "m"]];
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${Math.floor(seconds / size)}${unit}`;
}
