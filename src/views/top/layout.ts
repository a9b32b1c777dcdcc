import { ageText, countText, rateText } from "../../log/quantities.ts";
import { plural } from "../../log/plural.ts";
import type { FailuresState } from "../../state/failures_state.ts";
import type { InstanceState } from "../../state/state.ts";
import { problemOf, statusOf } from "./channel_status.ts";
import { channelLine, detailLines, headingLine, serviceLine, tableFor } from "./channel_table.ts";
import type { Choice } from "./choice.ts";
import { failureLines } from "./failure_lines.ts";
import { helpLines } from "./help_lines.ts";
import { type Line, line, type Span, span, type Style } from "./line.ts";
import type { Row } from "./rows.ts";

/** All that is shown. */
export interface Picture {
  /** Undefined before the first answer. */
  readonly state: InstanceState | undefined;
  readonly rows: readonly Row[];
  readonly failures: FailuresState | undefined;
  /** Why the last look failed; undefined if it did not. */
  readonly lost: string | undefined;
  /** Seconds for which an answer has been waited for. */
  readonly waits: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly unicode: boolean;
}

export interface Laid {
  /** As many as the screen has. */
  readonly lines: readonly Line[];
  /** First row that is shown, with the chosen one in sight. */
  readonly top: number;
  readonly paneTop: number;
  /** Lines of a page. */
  readonly page: number;
}

/** Seconds without an answer after which that is said. */
const PATIENCE = 3;

/** What the screen shows in a size. */
export function layOut(picture: Picture, choice: Choice, width: number, height: number): Laid {
  const head = headLines(picture, choice, width), foot = [footLine(choice, width)];
  const fit = (
    body: readonly Line[],
    room: number,
  ) => [...body, ...Array(Math.max(0, room - body.length)).fill(line(""))];
  if (choice.pane === "channels") {
    const { unicode, now, rows } = picture, table = tableFor(rows, width);
    const chosen = rows.findIndex((row) => row.kind === "channel" && row.key === choice.selected), row = rows[chosen];
    const above = [...head, headingLine(table, choice, unicode)];
    const told = row?.kind !== "channel" ? [] : detailLines(row, width, now)
      .map((text, i) => line(span(text, i === 0 ? "faint" : problemOf(row.channel, now).style)));
    const free = height - above.length - rows.length - foot.length;
    const detail = height >= 12 || told.length <= free ? told : [];
    const room = Math.max(1, height - above.length - detail.length - foot.length);
    const top = scrolled(choice.top, chosen, room, rows.length);
    const body = rows.slice(top, top + room).map((row) =>
      row.kind === "service"
        ? serviceLine(row.service, width, unicode)
        : channelLine(row, table, row.key === choice.selected, unicode, now)
    );
    const all = body.length > 0 ? body : [line(span(emptyText(picture, choice), "faint"))];
    return { lines: [...above, ...fit(all, room), ...detail, ...foot].slice(-height), top, paneTop: 0, page: room };
  }
  const all = paneLines(picture, choice, width), room = Math.max(1, height - head.length - foot.length);
  const paneTop = Math.max(0, Math.min(choice.paneTop, all.length - room)), body = all.slice(paneTop, paneTop + room);
  return { lines: [...head, ...fit(body, room), ...foot].slice(-height), top: choice.top, paneTop, page: room };
}

function paneLines({ failures, now, unicode }: Picture, { pane, why }: Choice, width: number): Line[] {
  if (pane === "failures") return failureLines(failures, width, now);
  return pane === "help" ? helpLines(unicode) : why.flatMap((text) => wrapped(text, width).map((part) => line(part)));
}

/** The first row to show, so that the chosen one and, at the beginning, the service above it are in sight. */
export function scrolled(top: number, chosen: number, room: number, count: number): number {
  const last = Math.max(0, count - room);
  if (chosen < 0) return Math.min(top, last);
  const least = chosen - room + 1, most = chosen === 1 ? 0 : chosen;
  return Math.max(0, Math.min(Math.max(Math.min(top, most), least), last));
}

function headLines(picture: Picture, choice: Choice, width: number): Line[] {
  const { state, now } = picture, clock = new Date(now).toLocaleTimeString("en-GB");
  if (state === undefined) {
    return [
      withRight([span("balance", "bold")], clock, width),
      statusLine(picture, choice) ?? line(span("asking…", "faint")),
    ];
  }
  const { version, pid, uptime, engine, threads, connections, services } = state;
  const engines = engine === "linux" ? `linux, ${threads} ${plural(threads, "thread")}` : engine;
  const first = [span(`balance ${version}`, "bold"), span(`  up ${ageText(uptime)}  pid ${pid}  ${engines}`)];
  const rate = services.reduce((sum, service) => sum + service.rate, 0);
  const second = [
    span(`${countText(connections)} ${plural(connections, "connection")}`, "bold"),
    span(`  ${rateText(rate)}/s new  `),
    ...channelsSpans(state),
  ];
  return [withRight(first, clock, width), statusLine(picture, choice) ?? line(...second)];
}

/** How many channels there are, and how many of them in which trouble. */
function channelsSpans({ services }: InstanceState): Span[] {
  const all = services.flatMap(({ groups }) => groups.flatMap(({ channels }) => channels));
  const counts = new Map<string, { count: number; style: Style }>();
  for (const channel of all) {
    const { word, style } = statusOf(channel, false);
    counts.set(word, { count: (counts.get(word)?.count ?? 0) + 1, style });
  }
  const troubles = [...counts].filter(([word]) => word !== "up");
  return [
    span(`${countText(all.length)} ${plural(all.length, "channel")}`),
    ...troubles.map(([word, { count, style }]) => span(`, ${count} ${word}`, style)),
  ];
}

/** What must not be overlooked: that what is shown is not what is. */
function statusLine({ lost, waits, state }: Picture, { paused }: Choice): Line | undefined {
  if (lost !== undefined) return line(span(`${lost}; waits for it to answer again (q leaves)`, "bad"));
  if (waits >= PATIENCE) return line(span(`no answer for ${waits} s; what you see is older`, "bad"));
  if (paused) return line(span("paused; p resumes", "wanted"));
  const problem = state?.log?.problem ?? null;
  return problem === null ? undefined : line(span(`the log is not written: ${problem}`, "bad"));
}

function withRight(spans: readonly Span[], right: string, width: number): Line {
  const used = spans.reduce((sum, { text }) => sum + text.length, 0), gap = width - used - right.length;
  return gap < 1 ? line(...spans) : line(...spans, " ".repeat(gap), span(right, "faint"));
}

/** Keys, the question that waits, or what came of the last command. */
function footLine({ order, typed, notice, filter, pane }: Choice, width: number): Line {
  if (order !== undefined) return line(span(`${order.question}? (y/n)`, "wanted"));
  if (typed !== undefined) {
    const prompt = typed.what === "filter" ? "show only: " : "why (client [port] [sni NAME], or id): ";
    return line(span(prompt, "bold"), tail(typed.text, width - prompt.length - 1), "_");
  }
  if (notice !== undefined) return line(span(notice.text, notice.bad ? "bad" : "good"));
  const only = filter === "" || pane !== "channels" ? [] : [span(`only "${filter}" (Esc: all)  `, "wanted")];
  const keys = pane === "channels" ? CHANNEL_KEYS : PANE_KEYS;
  const gap = width < 100 ? " " : "  ";
  return line(...only, ...keys.flatMap(([key, what]) => [span(key, "bold"), span(` ${what}${gap}`, "faint")]));
}

const CHANNEL_KEYS = [
  ["q", "quit"],
  ["?", "help"],
  ["/", "find"],
  ["<>", "sort"],
  ["d", "drain"],
  ["e", "enable"],
  ["x", "disable"],
  ["c", "close"],
  ["w", "why"],
  ["f", "failed"],
] as const;
const PANE_KEYS = [["q", "back"], ["up down", "scroll"], ["w", "why"], ["f", "failures"], ["?", "help"]] as const;

/** Breaks a line between words; what is left stands behind what the first words are about. */
function wrapped(text: string, width: number): string[] {
  const parts: string[] = [], { text: safe } = span(text);
  let rest = safe;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width), end = space > width / 2 ? space : width;
    parts.push(rest.slice(0, end));
    rest = "    " + rest.slice(end).trimStart();
  }
  return [...parts, rest];
}

function tail(text: string, room: number): string {
  return text.length <= room ? text : text.slice(text.length - Math.max(0, room));
}

function emptyText({ state }: Picture, { filter }: Choice): string {
  if (state === undefined) return "";
  return filter === "" ? "there are no channels" : "no channel has these words";
}
