import type { Metric } from "./measure.ts";
import type { Results, Verdict } from "./results.ts";
import { ratioOf } from "./statistics.ts";
import { TARGETS } from "./targets.ts";

/** Marks a verdict, in colour if wanted. */
export type Paint = (text: string, colour: "green" | "red") => string;

/** The medians, with a line per metric and a column per contender. */
export function medianTable(results: Results): string {
  const rows = rowsOf(results).map(({ measure, metric: [name, metric] }) => [
    `${metric.title} (${metric.unit})`,
    ...results.contenders.map((contender) => figure(results.median(measure, name, contender), metric.digits)),
  ]);
  return table([["median of the rounds", ...results.contenders], ...rows]);
}

/** One contender's figures divided by each other contender's, medians of the rounds' ratios. */
export function ratioTable(results: Results, contender: string): string {
  const others = results.contenders.filter((other) => other !== contender && other !== "no proxy");
  const rows = rowsOf(results).filter(({ metric: [, { title }] }) => !title.startsWith(" ")).map((
    { measure, metric: [name, metric] },
  ) => [
    `${metric.title} (${metric.better === "less" ? "less" : "more"} is better)`,
    ...others.map((other) => {
      const own = results.series(measure, name, contender);
      return figure(ratioOf(own, results.series(measure, name, other))?.median ?? NaN, 2);
    }),
  ]);
  return table([[`${contender} divided by`, ...others], ...rows]);
}

/** Every target whose figures were taken, with what was reached and whether that is enough. */
export function targetTable(results: Results, paint: Paint): string {
  const verdicts = TARGETS.map((target) => results.verdict(target)).filter((verdict) => verdict !== undefined);
  if (verdicts.length === 0) return "";
  const rows = verdicts.map((verdict) => {
    const { target: { contender, measure, metric } } = verdict;
    const { title, better, unit, digits } = results.measures.find(({ name }) => name === measure)!.metrics[metric];
    return [
      contender,
      title,
      `${better === "less" ? "≤" : "≥"} ${boundOf(verdict, unit)}`,
      ...reachedOf(verdict, digits),
    ];
  });
  const lines = table([["target of", "", "bound", "reached", "lowest", "highest"], ...rows], 3).split("\n");
  return lines.map((line, index) => index === 0 ? line : `${line}  ${mark(verdicts[index - 1], paint)}`).join("\n");
}

function boundOf({ target: { bound, against } }: Verdict, unit: string): string {
  if (against === undefined) return `${bound} ${unit}`;
  return `${bound.toFixed(2)} × ${against.length === 1 ? against[0] : `best of ${against.join(", ")}`}`;
}

function reachedOf({ target, reached }: Verdict, digits: number): string[] {
  const places = target.against === undefined ? digits : 2;
  return [reached.median, reached.lowest, reached.highest].map((value) => figure(value, places));
}

function mark({ met }: Verdict, paint: Paint): string {
  return met ? paint("met", "green") : paint("missed", "red");
}

function rowsOf(results: Results): { measure: string; metric: [string, Metric] }[] {
  return results.measures.flatMap(({ name, metrics }) =>
    Object.entries(metrics).map((metric) => ({ measure: name, metric }))
  );
}

function figure(value: number, digits: number): string {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Lines up the cells: the first `left` columns at their left, the others at their right. */
function table(rows: readonly (readonly string[])[], left = 1): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row.map((cell, column) => column < left ? cell.padEnd(widths[column]) : cell.padStart(widths[column])).join("  ")
  ).join("\n");
}
