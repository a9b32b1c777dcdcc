import { ageText, bytesText, rateText, shortCount, spanText } from "../../log/quantities.ts";
import type { ChannelState, TimesState } from "../../state/channel_state.ts";
import type { ChannelRow } from "./rows.ts";

/** A column of the table of channels. Its width is always the same, so that nothing moves while somebody reads. */
export interface Column {
  readonly heading: string;
  readonly width: number;
  readonly left?: boolean;
  /** How gladly one does without it where there is no room: the highest goes first. Missing: never. */
  readonly spare?: number;
  /** Where nobody has a limit, `c` is narrow. */
  readonly limits?: boolean;
  cell(row: ChannelRow): string;
  /** What it is sorted by: the highest number first, words by the alphabet. */
  value(row: ChannelRow): number | string;
}

/** All but the last two, which take what room there is: where the channel leads, and what is wrong with it. */
export const COLUMNS: readonly Column[] = [
  { heading: "c", width: 5, limits: false, cell: ({ channel }) => shortCount(channel.current), value: current },
  { heading: "c/max", width: 11, limits: true, cell: ({ channel }) => ofLimit(channel), value: current },
  { heading: "rate", width: 5, cell: ({ channel }) => rateText(channel.rate), value: ({ channel }) => channel.rate },
  {
    ...{ heading: "total", width: 6, spare: 4 },
    cell: ({ channel }) => shortCount(channel.total),
    value: ({ channel }) => channel.total,
  },
  {
    ...{ heading: "failed", width: 6 },
    cell: ({ channel }) => shortCount(channel.failed),
    value: ({ channel }) => channel.failed,
  },
  {
    ...{ heading: "connect", width: 7 },
    cell: ({ channel }) => time(channel.times.connect, "median"),
    value: ({ channel }) => channel.times.connect?.median ?? -1,
  },
  {
    ...{ heading: "p99", width: 6, spare: 5 },
    cell: ({ channel }) => time(channel.times.connect, "p99"),
    value: ({ channel }) => channel.times.connect?.p99 ?? -1,
  },
  {
    ...{ heading: "1st byte", width: 8, spare: 1 },
    cell: ({ channel }) => time(channel.times.firstByte, "median"),
    value: ({ channel }) => channel.times.firstByte?.median ?? -1,
  },
  {
    ...{ heading: "1st p99", width: 7, spare: 5 },
    cell: ({ channel }) => time(channel.times.firstByte, "p99"),
    value: ({ channel }) => channel.times.firstByte?.p99 ?? -1,
  },
  {
    ...{ heading: "oldest", width: 7, spare: 6 },
    cell: ({ channel }) => channel.oldest === null ? "-" : ageText(channel.oldest),
    value: ({ channel }) => channel.oldest ?? -1,
  },
  {
    heading: "up/s",
    width: 6,
    spare: 7,
    cell: ({ bytes }) => bytesRate(bytes?.up),
    value: ({ bytes }) => bytes?.up ?? -1,
  },
  {
    ...{ heading: "down/s", width: 6, spare: 3 },
    cell: ({ bytes }) => bytesRate(bytes?.down),
    value: ({ bytes }) => bytes?.down ?? -1,
  },
];

/** Name of a channel, or where it leads. */
export function titleOf({ name, address, host, port, disabledBy }: ChannelState): string {
  const place = disabledBy.includes("unresolved") || address === "" ? host : address;
  const shown = `${place.includes(":") ? `[${place}]` : place}:${port === 0 ? "*" : port}`;
  return name === null ? shown : `${name} ${shown}`;
}

function current({ channel }: ChannelRow): number {
  return channel.current;
}

function ofLimit({ current, maxc }: ChannelState): string {
  return maxc === 0 ? shortCount(current) : `${shortCount(current)}/${shortCount(maxc)}`;
}

function time(times: TimesState | null, which: "median" | "p99"): string {
  return times === null ? "-" : spanText(times[which]);
}

function bytesRate(rate: number | undefined): string {
  return rate === undefined ? "-" : bytesText(Math.round(rate));
}
