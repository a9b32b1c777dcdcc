import { END, partyOf } from "../../../table/records/ends.ts";
import type { RecordWriter } from "../../../table/records/record_writer.ts";
import type { Table } from "../../../table/table.ts";
import { writeChannel } from "../../record_channel.ts";
import { countEnd } from "../shared/count_end.ts";
import { describeConnection } from "../shared/describe_connection.ts";
import type { LiveRows } from "../shared/live_rows.ts";

/** What the record of a lost connection needs of its service. */
export interface LosingService {
  readonly table: Table;
  /** Its connections now. */
  readonly connections: number;
}

/**
 * Writes the record of a connection whose thread has died, in that thread's place. Nothing has been given back yet.
 *
 * @param writer of that thread
 * @returns whether somebody must be told that there are records
 */
export function recordLost(
  live: LiveRows,
  client: number,
  { table, connections }: LosingService,
  thread: number,
  writer: RecordWriter,
  now: number,
): boolean {
  const by = partyOf(END.BUG), channel = countEnd(table.statistics?.lane(thread), live, client, END.BUG, by, now);
  const fields = writer.begin();
  if (fields === undefined) return false;
  describeConnection(live, client, fields, now);
  writeChannel(fields, table, channel, connections);
  fields.end(END.BUG, by);
  return writer.commit();
}
