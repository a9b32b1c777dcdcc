import { formatAddress } from "../table/address.ts";
import type { ChannelHealth, ChannelSnapshot, GroupSnapshot } from "../groups/snapshot.ts";

const HEADINGS = ["GRP", "#", "channel", "state", "count", "since", "result", "ms", "ago", "reason"];

/** Columns that read from the left. */
const LEFT = new Set(["channel", "state", "result", "reason"]);

/** The lines of the table that `show health` prints. */
export function healthTable(groups: readonly GroupSnapshot[]): string[] {
  const rows = groups.flatMap(({ group, channels }) =>
    channels.map((channel) => [String(group), String(channel.channel), placeOf(channel), ...healthCells(channel)])
  );
  const all = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((cells) => cells[column].length)));
  return all.map((cells) =>
    cells.map((cell, i) => LEFT.has(HEADINGS[i]) ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join(" ")
      .trimEnd()
  );
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
    last.reason,
  ];
  return [words, countText(health), duration(since), ...result];
}

/** How many failures it can bear, or successes it has of those that it needs, as HAProxy shows it. */
function countText({ state, counter, rise, fall }: ChannelHealth): string {
  return state === "down" ? `${counter}/${rise}` : `${counter - rise + 1}/${fall}`;
}

function placeOf({ host, port }: ChannelSnapshot): string {
  return port === 0 ? `${host}:*` : formatAddress({ host, port });
}

/** Seconds for people: `59s`, `3m`, `5h`, `2d`. */
function duration(seconds: number): string {
  const units: [number, string][] = [[86_400, "d"], [3_600, "h"], [60, "m"]];
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${Math.floor(seconds / size)}${unit}`;
}
