/**
 * A table as lines, with columns as wide as their longest cells.
 *
 * @param left headings of the columns that read from the left; the others end at the same place
 */
export function columns(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  left: ReadonlySet<string>,
  gap = " ",
): string[] {
  const all = [headings, ...rows];
  const widths = headings.map((_, i) => all.reduce((widest, cells) => Math.max(widest, cells[i].length), 0));
  const pad = (cell: string, i: number) => left.has(headings[i]) ? cell.padEnd(widths[i]) : cell.padStart(widths[i]);
  return all.map((cells) => cells.map(pad).join(gap).trimEnd());
}
