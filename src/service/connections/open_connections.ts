import type { NetworkRange } from "../../access/network_words.ts";
import type { ConnectedClientState } from "../../state/connected_client_state.ts";
import type { RecordState } from "../../state/record_state.ts";
import type { ChannelId } from "../../table/channel_id.ts";
import { parseConnectionId } from "../../table/records/connection_id.ts";
import { rangesOf } from "../access/operator_access.ts";
import { requireChannel } from "../channel_rules.ts";
import { coded } from "../errors.ts";
import type { ConnectionOptions } from "../options/options.ts";
import type { RunningService } from "../running_service.ts";
import type { SizedText } from "../../views/connections/sorted_lines.ts";

/** Which connections are meant: those that meet all that is given. */
export interface ConnectionChoice {
  /** The one with this id. */
  readonly id?: number;
  /** Accepted at least so many seconds ago. */
  readonly older?: number;
  /** From one of these networks. */
  readonly client?: readonly NetworkRange[];
  /** With this channel. */
  readonly channel?: ChannelId;
}

/** Reads what an embedding program gives. @throws {RangeError} when something in it is wrong */
export function choiceOf(
  { groups }: RunningService,
  { id, older, client, channel }: ConnectionOptions,
): ConnectionChoice {
  return {
    ...id === undefined ? {} : { id: numberOf(id) },
    ...older === undefined ? {} : { older },
    ...client === undefined ? {} : { client: rangesOf(client) },
    ...channel === undefined ? {} : { channel: requireChannel(groups, channel.group, channel.channel) },
  };
}

/** The connections that are meant, the oldest first, as lines: with headings, or as JSON. */
export async function listConnections(
  service: RunningService,
  choice: ConnectionChoice,
  form: "text" | "json",
  over?: AbortSignal,
): Promise<SizedText> {
  const views = await import("../../views/connections/list_connections.ts");
  return await views.listConnections(listed(service), choice, form, over);
}

/** The connections that are meant, the oldest first. */
export async function describeConnections(service: RunningService, choice: ConnectionChoice): Promise<RecordState[]> {
  const views = await import("../../views/connections/list_connections.ts");
  return await views.describeConnections(listed(service), choice);
}

/** Its open connections by client, those with the most first. */
export async function connectedClients(service: RunningService, over?: AbortSignal): Promise<ConnectedClientState[]> {
  const views = await import("../../views/connections/clients.ts");
  return await views.connectedClients(listed(service), over);
}

/** Closes the connections that are meant. @returns how many, once they are gone */
export async function closeConnections(service: RunningService, choice: ConnectionChoice): Promise<number> {
  const views = await import("../../views/connections/list_connections.ts");
  return await service.served.end(await views.chosenIds(listed(service), choice));
}

/** Closes one connection. @returns the service that it was of; undefined if it is not open */
export async function closeConnection(
  services: readonly RunningService[],
  id: number,
): Promise<RunningService | undefined> {
  for (const service of services) if (await service.served.end([id]) > 0) return service;
  return undefined;
}

/** A service as the views know it. */
function listed(service: RunningService) {
  const { groups, served } = service;
  return {
    get name() {
      return service.name;
    },
    groups,
    get connections() {
      return served.connections;
    },
    open: () => served.open(),
    now: () => groups.connections!.now(),
  };
}

function numberOf(id: string): number {
  const number = parseConnectionId(id);
  if (number !== undefined) return number;
  throw coded(
    new RangeError(`Cannot read options: id ${JSON.stringify(id)} is none of a connection`),
    "ERR_OUT_OF_RANGE",
  );
}
