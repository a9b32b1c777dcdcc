import { cut } from "../../../log/cut.ts";
import { escape } from "../../../log/escape.ts";
import { plural } from "../../../log/plural.ts";
import { countText, rateText } from "../../../log/quantities.ts";
import type { ChannelState, TroubleState } from "../../../state/channel_state.ts";
import type { ServiceState } from "../../../state/service_state.ts";
import type { ProcessState } from "../../../state/state.ts";
import { troubleText } from "../../../state/trouble_text.ts";
import { conditionLines, heading, queueLines, staleNames } from "../../show.ts";
import { type Column, COLUMNS } from "./channel_columns.ts";

/** How a terminal shows something. */
export interface Screen {
  /** Characters in a line. */
  readonly width: number;
  readonly color: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The least width of an address: enough for any IPv4 address; and the width for which other columns go. */
const SHORTEST_ADDRESS = 15, USUAL_ADDRESS = 20;

/** Spaces before what is said about a channel, so that its lines read as belonging to the one above. */
const INDENT = " ".repeat(10);

/** SGR codes (ECMA-48). */
const BOLD = 1, FAINT = 2, RED = 31, YELLOW = 33;

/** By levels of channels and troubles; others have none. */
const COLORS: ReadonlyMap<string, number> = new Map([
  ...[["bad", RED], ["warn", YELLOW], ["wanted", YELLOW], ["past", FAINT]] as const,
]);

/** What `show` shows of services on a terminal. */
export function showOnScreen(services: readonly ServiceState[], screen: Screen): string[] {
  return services.flatMap((service, i) => [...i === 0 ? [] : [""], ...serviceOnScreen(service, screen)]);
}

/** What is wrong with a process's log; nothing if all is well. */
export function logOnScreen({ problem, lost }: ProcessState["log"], screen: Screen): string[] {
  if (problem === null) return [];
  const missing = lost === 0 ? "" : `, ${countText(lost)} ${plural(lost, "line")} lost`;
  return [paint(`the log is not written: ${problem}${missing}`, RED, screen)];
}

function serviceOnScreen(service: ServiceState, screen: Screen): string[] {
  const { groups, queue, held = [] } = service,
    more = [...conditionLines(groups), ...queueLines(queue), ...staleNames(groups)];
  return [
    paint(heading(service), BOLD, screen) + escape(summary(service)),
    ...held.map((why) => paint(`new clients wait in the kernel's queue: ${why}`, COLORS.get("bad"), screen)),
    ...tableOnScreen(service, screen),
    ...more.map(escape),
  ];
}

/** What a service does at this moment, behind its heading. */
function summary({ connections, rate, lastMinute }: ServiceState): string {
  const sum = (numbers: readonly number[]) => numbers.reduce((all, number) => all + number, 0);
  const { connections: begun, failures, keptOut = [] } = lastMinute, made = sum(begun), refused = sum(keptOut);
  const failed = sum(failures) - refused, more = refused === 0 ? "" : `, ${countText(refused)} kept out`;
  const minute = made + failed + refused === 0
    ? ""
    : `; last minute: ${countText(made)} new, ${countText(failed)} ended badly${more}`;
  return `: ${countText(connections)} ${plural(connections, "connection")}, ${rateText(rate)}/s${minute}`;
}

function tableOnScreen({ groups }: ServiceState, screen: Screen): string[] {
  const rows = groups.flatMap((group) => group.channels.map((channel) => ({ group, channel })));
  const cells = COLUMNS.map((column) => rows.map(({ group, channel }) => column.cell(channel, group)));
  const widths = COLUMNS.map((column, i) => widthOf(column, cells[i]));
  const address = COLUMNS.findIndex(({ heading }) => heading === "ip-address");
  const least = widths.with(address, Math.min(widths[address], USUAL_ADDRESS));
  const shown = chosen(rows.map(({ channel }) => channel), least, screen.width);
  const room = Math.max(SHORTEST_ADDRESS, widths[address] - Math.max(0, widthOfAll(shown, widths) - screen.width));
  if (room < widths[address]) {
    cells[address] = cells[address].map((cell) => cut(cell, room));
    widths[address] = widthOf(COLUMNS[address], cells[address]);
  }
  const line = (cell: (i: number) => string) =>
    shown.map((i) => COLUMNS[i].left ? cell(i).padEnd(widths[i]) : cell(i).padStart(widths[i])).join(" ").trimEnd();
  return [
    line((i) => COLUMNS[i].heading),
    ...rows.flatMap(({ channel }, row) => {
      const said = channel.troubles.flatMap((trouble) => troubleLines(trouble, screen));
      return [paint(line((i) => cells[i][row]), COLORS.get(channel.level), screen), ...said];
    }),
  ];
}

/** Which columns there is room for. */
function chosen(channels: readonly ChannelState[], widths: readonly number[], width: number): number[] {
  const useful = ({ useful }: Column) => useful === undefined || channels.some(useful);
  let shown = [...COLUMNS.keys()].filter((i) => useful(COLUMNS[i]));
  while (widthOfAll(shown, widths) > width) {
    const least = Math.max(...shown.map((i) => COLUMNS[i].spare ?? 0));
    if (least === 0) break;
    shown = shown.filter((i) => COLUMNS[i].spare !== least);
  }
  return shown;
}

function widthOf({ heading }: Column, cells: readonly string[]): number {
  return cells.reduce((widest, cell) => Math.max(widest, cell.length), heading.length);
}

function widthOfAll(shown: readonly number[], widths: readonly number[]): number {
  return shown.reduce((sum, i) => sum + widths[i] + 1, -1);
}

/** What is said about a channel, below its row and between words where it is too long for one line. */
function troubleLines(trouble: TroubleState, screen: Screen): string[] {
  const lines: string[] = [], room = Math.max(20, screen.width - INDENT.length);
  for (const word of troubleText(trouble, screen.now).split(" ")) {
    const last = lines.length - 1;
    if (last >= 0 && lines[last].length + 1 + word.length <= room) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => paint(INDENT + line, COLORS.get(trouble.level), screen));
}

/** What an instance has said reaches the terminal only through this: it may not be what its type says. */
function paint(text: string, code: number | undefined, { color }: Screen): string {
  // What ends it: 22 for bold and faint, 39 for colours.
  return color && code !== undefined ? `\x1b[${code}m${escape(text)}\x1b[${code < 30 ? 22 : 39}m` : escape(text);
}
