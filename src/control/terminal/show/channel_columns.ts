import { ageText, bytesText, countText, rateText, shortCount, spanText } from "../../../log/quantities.ts";
import type { ChannelState, TimesState } from "../../../state/channel_state.ts";
import type { GroupState } from "../../../state/group_state.ts";

/** A column of the table of channels. */
export interface Column {
  readonly heading: string;
  /** Whether it reads from the left. */
  readonly left?: boolean;
  /** How gladly one does without it where there is no room: the highest goes first. Missing: never. */
  readonly spare?: number;
  /** Whether it says anything; default: always. */
  readonly useful?: (channel: ChannelState) => boolean;
  cell(channel: ChannelState, group: GroupState): string;
}

/** Balance's columns, and at the right of them how connections fare. */
export const COLUMNS: readonly Column[] = [
  { heading: "GRP", cell: (_, { group }) => String(group) },
  { heading: "Type", spare: 4, cell: (_, { type }) => type },
  { heading: "#", cell: ({ channel }) => String(channel) },
  { heading: "state", left: true, cell: ({ state }) => state },
  { heading: "ip-address", cell: addressOf },
  { heading: "port", cell: ({ port }) => port === 0 ? "*" : String(port) },
  { heading: "c", cell: ({ current }) => shortCount(current) },
  { heading: "maxc", spare: 5, useful: ({ maxc }) => maxc > 0, cell: ({ maxc }) => shortCount(maxc) },
  { heading: "totalc", spare: 3, cell: ({ total }) => countCell(total) },
  { heading: "sent", spare: 7, cell: ({ sent }) => bytesText(sent) },
  { heading: "rcvd", spare: 6, cell: ({ rcvd }) => bytesText(rcvd) },
  { heading: "failed", cell: ({ failed }) => countCell(failed) },
  { heading: "rate", cell: ({ rate }) => rateText(rate) },
  { heading: "connect", cell: ({ times }) => median(times.connect) },
  { heading: "p99", spare: 2, cell: ({ times }) => p99(times.connect) },
  { heading: "1st byte", cell: ({ times }) => median(times.firstByte) },
  { heading: "p99", spare: 2, cell: ({ times }) => p99(times.firstByte) },
  { heading: "oldest", spare: 1, cell: ({ oldest }) => oldest === null ? "-" : ageText(oldest) },
  { heading: "name", left: true, spare: 8, useful: ({ name }) => name !== null, cell: ({ name }) => name ?? "" },
];

function addressOf({ disabledBy, address }: ChannelState): string {
  return disabledBy.includes("unresolved") ? "unresolved" : address;
}

function countCell(count: number): string {
  return count < 1e6 ? countText(count) : shortCount(count);
}

function median(times: TimesState | null): string {
  return times === null ? "-" : spanText(times.median);
}

function p99(times: TimesState | null): string {
  return times === null ? "-" : spanText(times.p99);
}
