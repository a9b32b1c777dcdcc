import type { ClientState } from "../access/access_state.ts";
import { quote } from "../log/escape.ts";
import { columns } from "./columns.ts";
import { answer, refuse, type Reply } from "./command.ts";
import type { ControlledService } from "./control_plane.ts";
import { toJson } from "./json.ts";

/** Clients that `show clients` shows by default: with the most connections, and refused most often. */
const SHOWN = 20;

const HEADINGS = ["client", "c", "refused"], LEFT = new Set(["client"]);

/** What `show clients` answers. @param word how many, `json` for all, or nothing */
export function showClients(word: string | undefined, { clients, name }: ControlledService): Reply {
  const isCount = word !== undefined && /^[1-9]\d{0,8}$/.test(word);
  if (word !== undefined && word !== "json" && !isCount) {
    return refuse(`give a number of clients, or json, in place of ${quote(word)}`);
  }
  if (clients === undefined) {
    return refuse(`service ${quote(name)} has no limits per client: use --max-per-client or --rate-per-client`);
  }
  if (word === "json") return answer(toJson(clients.list()));
  return answer(...columns(HEADINGS, rowsOf(clients.list(isCount ? Number(word) : SHOWN)), LEFT, "  "));
}

function rowsOf(clients: readonly ClientState[]): string[][] {
  return clients.map(({ address, connections, refused }) => [address, String(connections), String(refused)]);
}
