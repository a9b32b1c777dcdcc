import { ageText, countText, spanText } from "../../log/quantities.ts";
import { plural } from "../../log/plural.ts";
import type { FailuresState } from "../../state/failures_state.ts";
import { type Line, line, span } from "./line.ts";

/** Columns of a screen in which there is no room for all that is known. */
const NARROW = 110;

/** The connections that did not end well: how many of each kind, then each, the newest first. */
export function failureLines(state: FailuresState | undefined, width: number, now: number): Line[] {
  if (state === undefined) return [line(span("asking…", "faint"))];
  const { failed, ended, lost } = state, kinds = Object.entries(ended).sort(([, one], [, other]) => other - one);
  const all = kinds.reduce((sum, [, count]) => sum + count, 0);
  const lines = [
    line(
      span(`${countText(all)} ${plural(all, "connection")} ended badly since the start`, "bold"),
      span(kinds.map(([end, count]) => `${countText(count)} ${end}`).join(", ").replace(/^(?=.)/, ": ")),
    ),
    ...lost === 0
      ? []
      : [line(span(`${countText(lost)} more were lost: they ended faster than they could be noted`, "bad"))],
  ];
  if (failed.length === 0) return lines;
  const narrow = width < NARROW;
  const rows = failed.toReversed().map((record) => {
    const { id, time, service, client, durationMs, end, reason, attempts } = record;
    const tried = record.group === null ? attempts.at(-1) : record;
    const number = tried === undefined ? "-" : `${tried.group}/${tried.channel ?? "-"}`;
    const channel = narrow ? number : `${number} ${tried?.address ?? ""}`;
    const age = ageText((now - Date.parse(time)) / 1000);
    return [age, id, service, client, channel, spanText(durationMs), end, reason].map((cell) => span(cell).text);
  });
  const headings = ["ago", "id", "service", "client", "channel", "took", "end", "why"], right = new Set([0, 5]);
  const widths = headings.map((heading, i) =>
    rows.reduce((most, row) => Math.max(most, row[i].length), heading.length)
  );
  // The reason says in words how it ended.
  const left = new Set([...new Set(rows.map((row) => row[2])).size > 1 ? [] : [2], ...narrow ? [6] : []]);
  const text = (cells: readonly string[]) =>
    cells.map((cell, i) => right.has(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))
      .filter((_, i) => !left.has(i)).join(" ").trimEnd();
  return [...lines, line(span(text(headings), "faint")), ...rows.map((row) => line(text(row)))];
}
