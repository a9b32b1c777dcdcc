// @ts-check
/** Which columns of the table there is room for. Pure. */

/** Pixels up to which a row has two lines, and few columns. As in channels.css. */
export const NARROW = 600;

/**
 * Pixels that a column takes. `spare`: how gladly one does without it where there is no room, the highest goes first;
 * missing: never. `narrow`: the same as `width` where rows have two lines; missing: not shown there. `rest`: where it takes
 * what the others leave, which is `width` at least in the wide table.
 *
 * @typedef {{ readonly id: string, readonly width: number, readonly spare?: number, readonly narrow?: number, readonly rest?: "narrow" | "wide" }} Room
 */

/** By id, the columns that are shown and their widths; undefined for what is left. @param {readonly Room[]} columns @param {number} width */
export function fittingColumns(columns, width) {
  const isNarrow = width <= NARROW;
  let shown = isNarrow ? columns.filter(({ narrow, rest }) => narrow !== undefined || rest === "narrow") : columns;
  while (!isNarrow && shown.reduce((sum, column) => sum + column.width, 0) > width) {
    const most = Math.max(...shown.map(({ spare = 0 }) => spare));
    if (most === 0) break;
    shown = shown.filter(({ spare }) => spare !== most);
  }
  const wide = isNarrow ? "narrow" : "wide";
  return new Map(
    shown.map(({ id, width, narrow, rest }) => [id, rest === wide ? undefined : isNarrow ? narrow : width]),
  );
}
