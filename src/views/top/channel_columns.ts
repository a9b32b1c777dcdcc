import { ageText, bytesText, rateText, shortCount, spanText } from "../../log/quantities.ts";
import { stateWord } from "../../state/state_word.ts";
import type { ChannelState, TimesState } from "../../state/channel_state.ts";
import { troublesOf } from "../../state/troubles.ts";
import type { Style } from "./line.ts";
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

/** State of a channel, in a sign and a word. */
export interface Status {
  readonly sign: string;
  readonly word: string;
  readonly style: Style;
}

/** Signs that differ in shape, and what stands for them in other alphabets than Unicode. */
const SIGNS = { up: ["●", "+"], down: ["✖", "x"], off: ["○", "-"], leaving: ["◐", "~"], wrong: ["▲", "!"] } as const;

export function statusOf(channel: ChannelState, unicode: boolean): Status {
  const word = stateWord(channel), sign = (which: keyof typeof SIGNS) => SIGNS[which][unicode ? 0 : 1];
  if (word === "dwn") return { sign: sign("down"), word, style: "bad" };
  if (word === "drn") return { sign: sign("leaving"), word, style: "wanted" };
  if (word === "dis") {
    const wanted = channel.disabledBy.every((party) => party !== "autodisable" && party !== "unresolved");
    return { sign: sign("off"), word, style: wanted ? "wanted" : "bad" };
  }
  if (troublesOf(channel, 0).some(({ kind }) => kind === "bad")) {
    const full = channel.maxc > 0 && channel.current >= channel.maxc && !channel.failing;
    return { sign: sign("wrong"), word: full ? "FUL" : "ERR", style: "bad" };
  }
  return { sign: sign("up"), word, style: "good" };
}

/** What each sign is for. */
export const SIGN_MEANINGS = (unicode: boolean): readonly (Omit<Status, "word"> & { readonly what: string })[] => {
  const sign = (which: keyof typeof SIGNS) => SIGNS[which][unicode ? 0 : 1];
  return [
    { sign: sign("up"), style: "good", what: "ENA gets clients" },
    {
      sign: sign("wrong"),
      style: "bad",
      what: "ERR connects fail, or it does not answer; FUL has all connections it may",
    },
    { sign: sign("down"), style: "bad", what: "dwn its health checks fail" },
    { sign: sign("off"), style: "wanted", what: "dis somebody has disabled it, or its name does not resolve" },
    { sign: sign("leaving"), style: "wanted", what: "drn no new clients: it drains, or has weight 0" },
  ];
};

/** What is wrong with a channel and since when; empty if nothing is. @param now milliseconds since 1970 */
export function problemOf(channel: ChannelState, now: number): { readonly text: string; readonly style: Style } {
  const troubles = troublesOf(channel, now), [worst] = troubles;
  if (worst === undefined) return { text: "", style: "plain" };
  return { text: troubles.map(({ text }) => text).join("; "), style: worst.kind === "past" ? "faint" : worst.kind };
}

/** The same where there is little room: in a word, and since when. */
export function shortProblemOf(channel: ChannelState, now: number): string {
  const { disabledBy: [party], health, lastError, failingSince, drainingSince, disabledSince } = channel;
  const since = (time: string | null) => time === null ? "" : ` ${ageText((now - Date.parse(time)) / 1000)}`;
  if (party === "down" && health?.last) return `${health.last.result} ${ageText(health.since)}`;
  if (party === "drain") return `drain${since(drainingSince)}`;
  if (party !== undefined) return `${party}${since(disabledSince)}`;
  if (failingSince !== null && lastError !== null) return `${lastError.result}${since(failingSince)}`;
  return problemOf(channel, now).text;
}

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
