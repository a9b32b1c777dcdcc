import { escape } from "../log/escape.ts";

/** A text that was read from a file. */
export interface Source {
  /** Path as it was given. */
  readonly path: string;
  readonly lines: readonly string[];
}

/** What is wrong with a piece of a line of a file. */
export interface SourceFault {
  readonly source: Source;
  /** Index of the line. */
  readonly line: number;
  /** The piece, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** One line, without a full stop. */
  readonly message: string;
  /** The exit code that a command line with this fault has. */
  readonly code: number;
}

/** Widest line that is shown whole, in columns; a wider one is shortened around the mark. */
const WIDEST = 100;

/** Columns that a shortened line shows before the mark. */
const BEFORE = 40;

/** Characters that take two columns of a terminal (Unicode Standard Annex 11, roughly). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;

/** Characters that take none. */
const NARROW = /\p{Mn}|\p{Me}/u;

/** `FILE:LINE:COLUMN`, counted from 1; columns in characters, a tab is one. */
export function placeText({ source, line, start }: Pick<SourceFault, "source" | "line" | "start">): string {
  return `${escape(source.path)}:${line + 1}:${[...source.lines[line].slice(0, start)].length + 1}`;
}

/** What is wrong and where, then the line with a mark under the piece. */
export function faultLines(fault: SourceFault): string[] {
  const { source, line, start, end, message } = fault, text = source.lines[line];
  return [`${placeText(fault)}: ${message}`, ...marked(text, start, Math.max(end, start))];
}

/** The line and the mark. Tabs stay, so that both are moved alike; other control characters are escaped. */
function marked(text: string, start: number, end: number): [string, string] {
  let shown = "", mark = "", from = start, width = 0;
  // First what precedes the piece, backwards from the piece, then the piece and what follows it.
  const before = cells(text.slice(Math.max(0, start - 4 * WIDEST), start));
  const piece = cells(text.slice(start, Math.min(end, start + WIDEST)));
  const after = cells(text.slice(end, end + WIDEST));
  const total = [...before, ...piece, ...after].reduce((sum, { columns }) => sum + columns, 0);
  const whole = total <= WIDEST && text.length <= 4 * WIDEST;
  for (let i = before.length - 1; i >= 0; i--) {
    if (!whole && width + before[i].columns > BEFORE) {
      shown = `…${shown}`;
      mark = ` ${mark}`;
      break;
    }
    width += before[i].columns;
    shown = before[i].shown + shown;
    mark = (before[i].shown === "\t" ? "\t" : " ".repeat(before[i].columns)) + mark;
    from--;
  }
  let marks = "";
  for (
    const [cell, inside] of [
      ...piece.map((cell) => [cell, true] as const),
      ...after.map((cell) => [cell, false] as const),
    ]
  ) {
    if (!whole && width + cell.columns > WIDEST) {
      shown += "…";
      break;
    }
    width += cell.columns;
    shown += cell.shown;
    if (inside) marks += cell.shown === "\t" ? "^" : "^".repeat(cell.columns);
  }
  return [`  ${shown}`, `  ${mark}${marks || "^"}`];
}

/** Characters as they are shown, with their columns. */
function cells(text: string): { shown: string; columns: number }[] {
  return [...text].map((character) => {
    if (character === "\t") return { shown: character, columns: 1 };
    const shown = escape(character);
    if (shown !== character) return { shown, columns: shown.length };
    return { shown, columns: NARROW.test(character) ? 0 : WIDE.test(character) ? 2 : 1 };
  });
}
