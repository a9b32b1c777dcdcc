import { escape } from "../../log/escape.ts";

/** What a piece of text means to the reader. */
export type Style = "plain" | "bold" | "faint" | "bad" | "wanted" | "good";

/** A piece of a line. Its text is safe to show. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** A line of the screen. */
export interface Line {
  readonly spans: readonly Span[];
  /** Whether it is the chosen one. */
  readonly chosen?: boolean;
}

/** SGR codes (ECMA-48). Those that are no colours stay where colours are not wanted. */
const CODES: Readonly<Record<Style, number | undefined>> = {
  plain: undefined,
  bold: 1,
  faint: 2,
  bad: 31,
  wanted: 33,
  good: 32,
};
const COLORS: ReadonlySet<Style> = new Set(["bad", "wanted", "good"]);

/** A piece of text; all that comes from an instance goes through this. */
export function span(text: string, style: Style = "plain"): Span {
  return { text: escape(text), style };
}

export function line(...spans: readonly (Span | string)[]): Line {
  return { spans: spans.map((each) => typeof each === "string" ? span(each) : each) };
}

/** What shows a line: no more characters than there are columns, and the rest of the columns empty. */
export function painted({ spans, chosen }: Line, width: number, color: boolean): string {
  let room = width, text = "";
  for (const { text: whole, style } of spans) {
    const part = whole.length <= room ? whole : whole.slice(0, room).replace(/[\ud800-\udbff]$/, ""),
      code = color || !COLORS.has(style) ? CODES[style] : undefined;
    room -= part.length;
    if (part !== "") text += code === undefined ? part : `\x1b[${code}m${part}\x1b[${code < 30 ? 22 : 39}m`;
    if (room === 0) break;
  }
  if (chosen) return `\x1b[7m${text}${" ".repeat(room)}\x1b[27m`;
  // Behind the last column it would take that one away.
  return room > 0 ? text + "\x1b[K" : text;
}
