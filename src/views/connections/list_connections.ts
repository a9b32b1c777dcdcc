import { escapeJson } from "../../log/escape.ts";
import { type DescribableConnection, describeOpen } from "../records/describe_open.ts";
import type { RecordState } from "../../state/record_state.ts";
import { chooses, type ConnectionFilter } from "./connection_filter.ts";
import { eachConnection, type ListedService } from "./each_connection.ts";
import { connectionLine, HEADINGS } from "./connection_line.ts";
import { type SizedText, SortedLines } from "./sorted_lines.ts";

export type { ListedService };

/** How connections are listed: for people, or as a JSON object with the list `connections`, one in each line. */
export type Form = "text" | "json";

/**
 * Lists connections of a service, the oldest first. It takes its time, in which others have their turn.
 *
 * @param over fires when nobody wants to know any more; then the list ends early
 */
export async function listConnections(
  service: ListedService,
  filter: ConnectionFilter,
  form: Form,
  over?: AbortSignal,
): Promise<SizedText> {
  const lines = new SortedLines(), format = form === "text" ? connectionLine : jsonLine, now = service.now();
  await eachChosen(service, filter, over, (connection) => {
    // Whole milliseconds in 32 bits: seven weeks. Which of those that are older comes first does not matter.
    const age = Math.min(2 ** 32 - 1, Math.max(0, Math.floor(now - connection.accepted)));
    lines.add(format(described(connection, service, now)), 2 ** 32 - 1 - age);
  });
  if (form === "text") return { count: lines.count + 1, chunks: lines.take({ before: HEADINGS }) };
  return { count: lines.count + 2, chunks: lines.take({ before: '{"connections":[', between: ",", after: "]}" }) };
}

/** The connections of a service that are meant, the oldest first. */
export async function describeConnections(service: ListedService, filter: ConnectionFilter): Promise<RecordState[]> {
  const found: RecordState[] = [], now = service.now();
  await eachChosen(service, filter, undefined, (connection) => {
    found.push(described(connection, service, now));
  });
  return found.sort((one, other) => other.durationMs - one.durationMs);
}

/** The ids of the connections of a service that are meant. */
export async function chosenIds(service: ListedService, filter: ConnectionFilter): Promise<number[]> {
  const ids: number[] = [];
  await eachChosen(service, filter, undefined, ({ id }) => ids.push(id));
  return ids;
}

/** What is told of a connection, as if all were read at the same moment: they are in the order of their ages. */
function described(connection: DescribableConnection, service: ListedService, now: number): RecordState {
  return describeOpen(connection, service, service.connections, Math.max(now, connection.accepted));
}

/** Calls back for each connection that is meant. */
async function eachChosen(
  service: ListedService,
  filter: ConnectionFilter,
  over: AbortSignal | undefined,
  act: (connection: DescribableConnection) => void,
): Promise<void> {
  const isChosen = chooses(filter, service.now());
  await eachConnection(service, over, (connection) => {
    if (isChosen(connection)) act(connection);
  });
}

function jsonLine(connection: RecordState): string {
  return escapeJson(JSON.stringify(connection));
}
