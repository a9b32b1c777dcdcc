import { cut } from "../../log/cut.ts";
import { ageText, bytesText, countText, rateText, spanText } from "../../log/quantities.ts";
import { plural } from "../../log/plural.ts";
import type { MinuteState, ServiceState } from "../../state/service_state.ts";
import { type Column, COLUMNS, titleOf } from "./channel_columns.ts";
import { problemOf, shortProblemOf, statusOf } from "./channel_status.ts";
import type { Choice } from "./choice.ts";
import { type Line, line, type Span, span } from "./line.ts";
import type { ChannelRow, Row } from "./rows.ts";
import { added, sparkline } from "./sparkline.ts";

/** Width of the state: a sign and the longest word. */
const STATE = 12;
/** The least and the usual width of where a channel leads, and the least of what is wrong with it. */
const SHORTEST = 15, LONGEST = 34, PROBLEM = 10;
/** Seconds over which failures are averaged. */
const RECENT = 10;

/** What the table of channels looks like in a width. */
export interface Table {
  readonly width: number;
  readonly columns: readonly Column[];
  /** Room for the numbers of group and channel. */
  readonly number: number;
  readonly title: number;
  /** Room for what is wrong, 0 if there is none. */
  readonly problem: number;
}

/** Chooses columns: what one needs least goes first, and what is wrong with a channel gets the rest. */
export function tableFor(rows: readonly Row[], width: number): Table {
  const channels = rows.filter((row) => row.kind === "channel"),
    limits = channels.some(({ channel }) => channel.maxc > 0);
  const number = channels.reduce((most, row) => Math.max(most, numberOf(row).length), 3);
  const wanted = channels.reduce((most, { channel }) => Math.max(most, titleOf(channel).length), SHORTEST);
  let columns = COLUMNS.filter((column) => column.limits === undefined || column.limits === limits);
  const fixed = () => 1 + number + 1 + STATE + 1 + columns.reduce((sum, { width }) => sum + 1 + width, 0);
  let problem = PROBLEM;
  const room = () => width - fixed() - (problem === 0 ? 0 : 1 + problem);
  const least = Math.min(wanted, LONGEST, 21);
  while (room() < least) {
    const spare = Math.max(...columns.map(({ spare = 0 }) => spare));
    if (spare > 2) columns = columns.filter((column) => column.spare !== spare);
    else if (room() >= SHORTEST) break;
    else if (problem > 0) problem = 0;
    else if (spare > 0) columns = columns.filter((column) => column.spare !== spare);
    // Rather no number than the beginning of one.
    else if (columns.length > 0) columns = columns.slice(0, -1);
    else break;
  }
  const title = Math.max(SHORTEST, Math.min(wanted, LONGEST, room()));
  return { width, columns, number, title, problem: problem === 0 ? 0 : Math.max(0, width - fixed() - title - 1) };
}

function numberOf({ group, channel: { channel } }: ChannelRow): string {
  return `${group}/${channel}`;
}

export function headingLine(
  { columns, number, title, problem }: Table,
  { sort, reversed }: Choice,
  unicode: boolean,
): Line {
  const cell = (heading: string, width: number, left: boolean) => {
    const chosen = sort === heading || sort === "c" && heading === "c/max";
    const mark = unicode ? reversed ? "▴" : "▾" : reversed ? "^" : "v";
    const text = chosen ? `${heading}${mark}`.slice(0, Math.max(width, heading.length)) : heading;
    return span(left ? text.padEnd(width) : text.padStart(width), chosen ? "bold" : "faint");
  };
  const spans: (Span | string)[] = [" ", cell("#", number, false), " ", cell("state", STATE, true), " "];
  spans.push(cell("channel", title, true));
  for (const { heading, width, left = false } of columns) spans.push(" ", cell(heading, width, left));
  if (problem > 0) spans.push(" ", span("problem", "faint"));
  return line(...spans);
}

export function channelLine(row: ChannelRow, table: Table, chosen: boolean, unicode: boolean, now: number): Line {
  const { channel } = row, { sign, word, style } = statusOf(channel, unicode), problem = problemOf(channel, now);
  const text = span(titleOf(channel)).text, title = cut(text, table.title).padEnd(table.title);
  const spans: (Span | string)[] = [
    chosen ? ">" : " ",
    span(numberOf(row).padStart(table.number)),
    " ",
    span(`${sign} ${word}`.padEnd(STATE), style),
    " ",
    { text: title, style: style === "good" ? "plain" : style },
  ];
  for (const column of table.columns) {
    const cell = column.cell(row);
    const bad = column.heading === "failed" && channel.failuresInARow > 0;
    spans.push(" ", span(column.left ? cell.padEnd(column.width) : cell.padStart(column.width), bad ? "bad" : "plain"));
  }
  const said = problem.text.length <= table.problem ? problem.text : shortProblemOf(channel, now);
  if (table.problem > 0) spans.push(" ", span(shortened(said, table.problem, unicode), problem.style));
  return { ...line(...spans), chosen };
}

/** A service: what it does at this moment, and how its last minute was. */
export function serviceLine(service: ServiceState, width: number, unicode: boolean): Line {
  const { name, connections, rate, lastMinute, queue, ports, held } = service;
  const range = ports.map(({ first, last }) => first === last ? String(first) : `${first}-${last}`).join(",");
  const { keptOut = [], failures } = lastMinute, waiting = queue?.waiting ?? 0;
  const refused = recentRate(keptOut), failed = recentRate(failures) - refused;
  const head = `${name}${range === name ? "" : ` port ${cut(range, 20)}`}`;
  const spans = [
    span(cut(span(head).text, Math.max(20, width - 55)), "bold"),
    span(`: ${countText(connections)} ${plural(connections, "connection")}, ${rateText(rate)}/s`),
    ...held === undefined ? [] : [span(", new clients wait", "bad")],
    ...failed >= 0.05 ? [span(`, ${rateText(failed)}/s fail`, "bad")] : [],
    ...refused >= 0.05 ? [span(`, ${rateText(refused)}/s kept out`, "wanted")] : [],
    ...waiting > 0 ? [span(`, ${countText(waiting)} wait`, "wanted")] : [],
  ];
  const used = spans.reduce((sum, { text }) => sum + text.length, 0), room = width - used - 2;
  const bars = [60, 30, 20, 15, 12, 10].find((bars) => bars <= room);
  if (bars === undefined) return line(...spans);
  const gap = " ".repeat(Math.max(1, width - used - bars));
  return line(...spans, gap, ...minuteSpans(lastMinute, bars, unicode));
}

/** The last minute's new connections, red when one of ten or more did not end well. */
function minuteSpans({ connections, failures, keptOut = [] }: MinuteState, width: number, unicode: boolean): Span[] {
  const failed = failures.map((count, i) => count - (keptOut[i] ?? 0));
  const bars = sparkline(connections, width, unicode), all = added(connections, width), bad = added(failed, width);
  const spans: Span[] = [];
  [...bars].forEach((bar, i) => {
    const style = bad[i] > 0 && bad[i] * 10 >= all[i] ? "bad" : "good", last = spans.at(-1);
    if (last?.style === style) spans[spans.length - 1] = { text: last.text + bar, style };
    else spans.push({ text: bar, style });
  });
  return spans;
}

/** How many there were per second of late; the present second is not over yet. */
function recentRate(seconds: readonly number[]): number {
  return seconds.slice(-RECENT - 1, -1).reduce((sum, count) => sum + count, 0) / RECENT;
}

/** Leaves the end out. */
export function shortened(text: string, room: number, unicode: boolean): string {
  const { text: safe } = span(text);
  if (safe.length <= room) return safe;
  return unicode ? `${safe.slice(0, room - 1)}…` : safe.slice(0, room);
}

/** Lines about the chosen channel, below the table. */
export function detailLines({ service, group, channel, bytes }: ChannelRow, width: number, now: number): string[] {
  const { times, oldest, total, failed, weight } = channel, problem = problemOf(channel, now).text;
  const facts = [
    `${service} ${group}/${channel.channel} ${titleOf(channel)}`,
    `total ${countText(total)}`,
    `failed ${countText(failed)}`,
    ...times.connect === null ? [] : [`connect p99 ${spanText(times.connect.p99)}`],
    ...oldest === null ? [] : [`oldest ${ageText(oldest)}`],
    ...bytes === undefined
      ? []
      : [`up ${bytesText(Math.round(bytes.up))}/s`, `down ${bytesText(Math.round(bytes.down))}/s`],
    ...weight === 1 ? [] : [`weight ${weight}`],
  ];
  return [facts.join(", ").slice(0, width), problem];
}
