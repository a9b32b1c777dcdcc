import type { StickyClient, StickyClients } from "../groups/sticky_clients.ts";
import { escape, quote } from "../log/escape.ts";
import { plural } from "../log/plural.ts";
import { formatChannelAddress } from "../table/address.ts";
import { type ClientKey, formatClientKey, parseClientKey } from "../table/sticky/client_key.ts";
import { columns } from "./columns.ts";
import { answer, refuse, type Reply, type ServiceCommand } from "./command.ts";
import type { ControlledService } from "./control_plane.ts";
import { toJson } from "./json.ts";

const HEADINGS = ["address", "GRP", "#", "channel", "c", "left"], LEFT = new Set(["address"]);

export const forget: ServiceCommand = {
  name: "forget",
  parameters: "ADDR|all",
  summary: "forget the channel of a client address (--sticky), or all",
  changes: true,
  scope: "service",
  run: ([word], _, service) => {
    if (service.groups.sticky === undefined) return notSticky(service);
    if (word === "all") {
      const count = service.groups.sticky.forgetAll();
      return answer(`${count} ${plural(count, "address", "addresses")} forgotten`);
    }
    return withClient(word, service.groups.sticky, (key, clients) => {
      return clients.forget(key) ? answer(`${formatClientKey(key)} forgotten`) : undefined;
    });
  },
};

/** What `show sticky` answers. @param word an address, `json`, or nothing */
export function showSticky(word: string | undefined, service: ControlledService): Reply {
  const { sticky } = service.groups;
  if (sticky === undefined) return notSticky(service);
  if (word === undefined) return answer(...table(sticky.list()));
  if (word === "json") return answer(toJson(sticky.list()));
  return withClient(word, sticky, (key) => {
    const [client] = sticky.list(key);
    return client && answer(...table([client]));
  });
}

function withClient(
  word: string,
  clients: StickyClients,
  act: (key: ClientKey, clients: StickyClients) => Reply | undefined,
): Reply {
  const key = parseClientKey(word);
  if (key === undefined) {
    return refuse(`invalid address ${quote(word)}: give an IPv4 address, or an IPv6 one for its /64`);
  }
  return act(key, clients) ?? refuse(`${formatClientKey(key)} is not remembered`);
}

function notSticky({ name }: ControlledService): Reply {
  return refuse(`service ${quote(name)} does not use --sticky`);
}

function table(clients: readonly StickyClient[]): string[] {
  const rows = clients.map(({ address, group, channel, host, port, connections, left }) => [
    address,
    String(group),
    String(channel),
    escape(formatChannelAddress({ host, port })),
    String(connections),
    left === null ? "-" : `${Math.ceil(left)} s`,
  ]);
  return columns(HEADINGS, rows, LEFT, "  ");
}
