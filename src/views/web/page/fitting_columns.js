// @ts-check
/** Which columns of the table there is room for. Pure. */

/** Pixels up to which a row has two lines, and few columns. As in channels.css. */
export const NARROW = 600;

/**
 * The room that a column takes.
 *
 * - `width`: pixels
 * - `spare`: how gladly one does without it where there is no room, the highest goes first; missing: never
 * - `leaves`: pixels that must be left, while it is shown, for the column that takes the rest
 * - `narrow`: its width where rows have two lines; missing: it is not shown there
 * - `rest`: in which table it takes the rest; its width does not count there
 *
 * @typedef {{
 *   readonly id: string, readonly width: number, readonly spare?: number, readonly leaves?: number,
 *   readonly narrow?: number, readonly rest?: "narrow" | "wide",
 * }} Room
 */

/** By id, the columns that are shown and their widths; undefined for what is left. @param {readonly Room[]} columns @param {number} width */
export function fittingColumns(columns, width) {
  const isNarrow = width <= NARROW;
  let shown = isNarrow ? columns.filter(({ narrow, rest }) => narrow !== undefined || rest === "narrow") : columns;
  while (!isNarrow && needed(shown) > width) {
    const most = Math.max(...shown.map(({ spare = 0 }) => spare));
    if (most === 0) break;
    shown = shown.filter(({ spare }) => spare !== most);
  }
  const wide = isNarrow ? "narrow" : "wide";
  return new Map(
    shown.map(({ id, width, narrow, rest }) => [id, rest === wide ? undefined : isNarrow ? narrow : width]),
  );
}

/** Pixels that columns need in the wide table. @param {readonly Room[]} columns */
function needed(columns) {
  const left = Math.max(...columns.map(({ leaves = 0 }) => leaves));
  return columns.reduce((sum, { rest, width }) => sum + (rest === "wide" ? 0 : width), left);
}
