import type { Groups } from "../groups/groups.ts";
import { escape } from "../log/escape.ts";
import { countText, spanText } from "../log/quantities.ts";
import { formatChannelAddress } from "../table/address.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import { KIND, type Kind, type Statistics } from "../table/statistics/statistics.ts";
import { columns } from "./columns.ts";

const HEADINGS = ["GRP", "#", "channel", "time", "n", "median", "p90", "p99", "p99.9"];

/** Columns that read from the left. */
const LEFT = new Set(["channel", "time"]);

/** Shares of the columns. */
const SHARES = [0.5, 0.9, 0.99, 0.999];

/** What is measured of a group, and what it is called. */
const OF_GROUP: readonly (readonly [word: string, kind: Kind])[] = [
  ["connect", KIND.CONNECT],
  ["1st byte", KIND.FIRST_BYTE],
  ["queue", KIND.QUEUE],
  ["session", KIND.DURATION],
];

/** The same of a channel. */
const OF_CHANNEL = [["connect", KIND.CONNECT], ["1st byte", KIND.FIRST_BYTE]] as const;

/**
 * The lines of the table that `show latency` prints: percentiles of a group's times since the process was started, and
 * of the latest ones of each channel. What has not been measured yet has no line.
 */
export function latencyTable({ groups }: { readonly groups: Groups }): string[] {
  const { statistics } = groups.table, rows: string[][] = [];
  if (statistics === undefined) return columns(HEADINGS, rows, LEFT);
  for (let group = 0; group < MAX_GROUPS; group++) {
    if (!groups.table.everArranged(group)) continue;
    rows.push(...groupRows(statistics, group));
    groups.table.channels(group).forEach((id, number) => {
      const { port, host: address } = groups.table.address(id), host = groups.names.get(id) ?? address;
      const place = escape(groups.values.get(id)?.name ?? formatChannelAddress({ host, port }));
      for (const [word, kind] of OF_CHANNEL) {
        const times = statistics.times(id, kind), { length } = times;
        if (length === 0) continue;
        const cells = SHARES.map((share) => enough(length, share, () => times[Math.ceil(share * length) - 1]));
        rows.push([String(group), String(number), place, word, countText(length), ...cells]);
      }
    });
  }
  return columns(HEADINGS, rows, LEFT);
}

function groupRows(statistics: Statistics, group: number): string[][] {
  if (!statistics.hasTimes(group)) return [];
  return OF_GROUP.flatMap(([word, kind]) => {
    const histogram = statistics.histogram(group, kind), { count } = histogram;
    if (count === 0) return [];
    const cells = SHARES.map((share) => enough(count, share, () => histogram.percentile(share)));
    return [[String(group), "", "all", word, countText(count), ...cells]];
  });
}

/** A percentile, unless there are so few values that it is only the largest. */
function enough(count: number, share: number, value: () => number): string {
  return share > 0.5 && count * (1 - share) < 0.999 ? "-" : spanText(value());
}
