import type { RecordFields } from "../../../table/records/record_fields.ts";
import { ROLE } from "./live_roles.ts";
import type { LiveRows } from "./live_rows.ts";

const host = new Uint8Array(16);

/** Writes what the rows of a client's connection say of it into its record. */
export function describeConnection(live: LiveRows, client: number, fields: RecordFields, now: number): void {
  const accepted = live.acceptedOf(client), server = live.channelSocketOf(client), role = live.roleOf(client);
  fields.connection(live.idOf(client), live.serviceOf(client), accepted, live.localPortOf(client));
  live.copyHost(client, host);
  fields.client(host, live.portOf(client));
  if (live.hasPeer(client)) {
    const port = live.copyPeer(client, host);
    fields.peer(host, port);
  }
  if (role === ROLE.ESTABLISHED) {
    const queueMs = live.queueMsOf(server), connectMs = live.connectMsOf(server);
    fields.times(queueMs, connectMs, live.firstByteMsOf(server), now - accepted);
    fields.bytes(live.upOf(server), live.downOf(server));
  } else fields.times(server === 0 ? -1 : live.queueMsOf(server), -1, -1, now - accepted);
}
