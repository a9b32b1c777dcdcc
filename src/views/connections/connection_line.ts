import { escape } from "../../log/escape.ts";
import { ageText, bytesText, spanText } from "../../log/quantities.ts";
import type { RecordState } from "../../state/record_state.ts";

/** Width of each column; a longer value widens its own cell. Those below 0 read from the left. */
const COLUMNS = [
  ["id", -7],
  ["client", -21],
  ["GRP", 3],
  ["#", 2],
  ["channel", -21],
  ["age", 7],
  ["connect", 7],
  ["1st byte", 8],
  ["sent", 6],
  ["rcvd", 6],
  ["", -1],
] as const;

/** The line above the connections. */
export const HEADINGS = row(COLUMNS.map(([heading]) => heading));

/** A connection in one line. What is not usual stands at its end: what it waits for, or who speaks for the client. */
export function connectionLine(connection: RecordState): string {
  const { id, client, group, channel, address, durationMs, connectMs, firstByteMs, up, down, reason, peer } =
    connection;
  return row([
    id,
    client,
    group === null ? "-" : String(group),
    channel === null ? "-" : String(channel),
    address ?? "-",
    ageText(durationMs / 1000),
    connectMs === null ? "-" : spanText(connectMs),
    firstByteMs === null ? "-" : spanText(firstByteMs),
    bytesText(up),
    bytesText(down),
    [reason, ...peer === null ? [] : [`via ${peer}`]].filter((part) => part !== "").join(", "),
  ]);
}

function row(cells: readonly string[]): string {
  const padded = cells.map((cell, i) => {
    const [, width] = COLUMNS[i];
    return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
  });
  return escape(padded.join(" ").trimEnd());
}
