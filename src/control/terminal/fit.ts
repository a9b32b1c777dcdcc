import { cut } from "../../log/cut.ts";
import { shortCount } from "../../log/quantities.ts";
import { columns } from "../columns.ts";

/** Columns that hold counters, which may be long. */
const COUNTERS: ReadonlySet<string> = new Set(["totalc", "sent", "rcvd"]);

/** The first line of a table. */
const HEADINGS = /^GRP /;

/** What further lines of a long command begin with. */
const HANGING = "    ";

/** The least width of an address: enough for any IPv4 address. */
const SHORTEST_ADDRESS = 15;

/**
 * Makes the table of `show` fit a terminal: columns as narrow as possible; if that is still too wide, large counters as
 * `12.3G`; as a last resort, addresses without their middle. A table that fits stays as it is, and so does anything
 * that is not a table.
 */
export function fitTable(lines: readonly string[], width: number): readonly string[] {
  if (lines.every((line) => line.length <= width)) return lines;
  return tables(lines).flatMap((table) => fitOne(table, width));
}

/** The lines of each table. Lines between tables, such as the name of a service, count as tables of their own. */
function tables(lines: readonly string[]): string[][] {
  const all: string[][] = [];
  for (const line of lines) {
    const heads = HEADINGS.test(line), [first] = all.at(-1) ?? [];
    const continues = first !== undefined && !heads &&
      (!HEADINGS.test(first) || !/^(?:service|queue:|stale) /.test(line));
    if (continues) all[all.length - 1].push(line);
    else all.push([line]);
  }
  return all;
}

function fitOne(lines: readonly string[], width: number): readonly string[] {
  if (lines.every((line) => line.length <= width)) return lines;
  const rows = lines.map((line) => line.trim().split(/\s+/)), [headings] = rows;
  if (!HEADINGS.test(lines[0]) || rows.some((row) => row.length !== headings.length)) return lines;
  const narrow = layOut(rows);
  if (narrow.every((line) => line.length <= width)) return narrow;
  const short = rows.map((row) =>
    row.map((cell, i) => COUNTERS.has(headings[i]) && /^\d+$/.test(cell) ? shortCount(BigInt(cell)) : cell)
  );
  const excess = Math.max(...layOut(short).map((line) => line.length)) - width;
  if (excess <= 0) return layOut(short);
  const address = headings.indexOf("ip-address"), longest = Math.max(...short.map((row) => row[address].length));
  const room = Math.max(SHORTEST_ADDRESS, longest - excess);
  return layOut(short.map((row) => row.map((cell, i) => i === address ? cut(cell, room) : cell)));
}

/** Wraps lines of the help between words, so that descriptions stay in their column. */
export function fitHelp(lines: readonly string[], width: number): string[] {
  const columns = lines.map((line) => /^ *\S.*? {2,}(?=\S)/.exec(line)?.[0].length ?? 0);
  // Where most descriptions are; those behind longer words go below them.
  const usual = Math.max(0, ...columns.filter((column) => column <= width / 2));
  return lines.flatMap((line, i) => {
    const own = columns[i], column = own > width / 2 && usual > 0 ? usual : own;
    if (line.length <= width || width - column < 10) return [line];
    const broken: string[] = own === column ? [] : brokenHead(line.slice(0, own).trimEnd(), width);
    let head = own === column ? line.slice(0, own) : " ".repeat(column);
    for (const word of line.slice(own).split(" ")) {
      if (head.trim() !== "" && head.length > column && head.length + 1 + word.length > width) {
        broken.push(head);
        head = " ".repeat(column);
      }
      head += head.length > column ? ` ${word}` : word;
    }
    return [...broken, head];
  });
}

/** A command with its words on as many lines as it needs, broken behind spaces and bars. */
function brokenHead(head: string, width: number): string[] {
  const lines = [""];
  for (const part of head.match(/ *[^ |]*\|?/g)!) {
    const line = lines.at(-1)!;
    if (line.trim() !== "" && line.length + part.length > width) lines.push(HANGING + part.trimStart());
    else lines[lines.length - 1] = line + part;
  }
  return lines;
}

function layOut([headings, ...rows]: readonly (readonly string[])[]): string[] {
  return columns(headings, rows, new Set());
}
