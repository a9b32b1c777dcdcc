import type { Target } from "../../health/target.ts";
import { ownProxyVersion } from "../../groups/channel_values.ts";
import type { ChannelId } from "../../table/channel_id.ts";
import { MAX_GROUPS } from "../../table/limits.ts";
import { DisabledBy } from "../../table/table.ts";
import type { Service } from "../service.ts";

/** What keeps a channel from being checked. One that an operator has disabled is checked all the same. */
const UNCHECKED = DisabledBy.UNRESOLVED | DisabledBy.MAINTENANCE | DisabledBy.REMOVED;

/** The channels of a service that are to be checked, and how. */
export function* checkedChannels(service: Service): Generator<{ readonly id: ChannelId; readonly target: Target }> {
  const { groups: { table, names, values }, draft: { options }, source } = service;
  if (options.check === "off") return;
  const interval = options.checkInterval * 1000, timeout = (options.checkTimeout ?? options.checkInterval) * 1000;
  const { check, checkExpect: expect, rise, fall } = options;
  for (let group = 0; group < MAX_GROUPS; group++) {
    for (const id of table.channels(group)) {
      const { check: own, checkPort, checkHost } = values.get(id) ?? {};
      if (own === "off" || (table.disabledBy(id) & UNCHECKED) !== 0) continue;
      const { host: address, port: usual } = table.address(id), host = checkHost ?? names.get(id) ?? address;
      // A channel that has the port of its client is asked on the first of them.
      const port = checkPort ?? (usual === 0 ? service.address.port : usual), target = { address, port, host };
      // What listens there only for checks knows nothing of the clients' headers.
      const version = checkPort === undefined ? ownProxyVersion(table, id) ?? options.proxy : "off";
      const proxy = version === "off" ? undefined : version;
      yield { id, target: { ...target, proxy, check, expect, source, interval, timeout, rise, fall } };
    }
  }
}
