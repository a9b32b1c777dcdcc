import type { ClientState } from "../access/access_state.ts";
import { quote } from "../log/escape.ts";
import { ageText, bytesText } from "../log/quantities.ts";
import type { ConnectedClientState } from "../state/connected_client_state.ts";
import { columns } from "./columns.ts";
import { answer, refuse, type Reply } from "./command.ts";
import type { ControlledService } from "./control_plane.ts";
import { toJson } from "./json.ts";

/** Clients that `show clients` shows by default: with the most connections, and refused most often. */
const SHOWN = 20;

const LEFT = new Set(["client"]);

/**
 * What `show clients` answers: what is counted for limits, or where there are none, who has the open connections.
 *
 * @param word how many, `json` for all, or nothing
 * @param over fires when nobody waits for the answer any more
 */
export async function showClients(
  word: string | undefined,
  { clients, connectedClients }: ControlledService,
  over?: AbortSignal,
): Promise<Reply> {
  const isCount = word !== undefined && /^[1-9]\d{0,8}$/.test(word), count = isCount ? Number(word) : SHOWN;
  if (word !== undefined && word !== "json" && !isCount) {
    return refuse(`give a number of clients, or json, in place of ${quote(word)}`);
  }
  if (clients === undefined) {
    const all = await connectedClients(over);
    return answer(...word === "json" ? [toJson(all)] : connectedLines(all.slice(0, count)));
  }
  return answer(...word === "json" ? [toJson(clients.list())] : countedLines(clients.list(count)));
}

function countedLines(clients: readonly ClientState[]): string[] {
  if (clients.length === 0) return ["no client has a connection or was refused"];
  const rows = clients.map(({ address, connections, refused }) => [address, String(connections), String(refused)]);
  return columns(["client", "c", "refused"], rows, LEFT, "  ");
}

function connectedLines(clients: readonly ConnectedClientState[]): string[] {
  if (clients.length === 0) return ["no client has an open connection"];
  const rows = clients.map(({ address, connections, oldest, sent, rcvd }) => {
    return [address, String(connections), ageText(oldest), bytesText(sent), bytesText(rcvd)];
  });
  return columns(["client", "c", "oldest", "sent", "rcvd"], rows, LEFT, "  ");
}
