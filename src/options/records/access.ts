import { choice } from "../kinds/choice.ts";
import { count } from "../kinds/count.ts";
import { flag } from "../kinds/flag.ts";
import { accessRule, networks } from "../kinds/networks.ts";
import { rate } from "../kinds/rate.ts";
import type { OptionRecord } from "../option_record.ts";

/** Who may come in, and how often. */
export const access = {
  /**
   * Rules about clients' addresses, in order: the first one that has a client's address decides. A client that none has
   * is served if there is any `deny`, and refused otherwise. Default: everybody is served.
   */
  accessRules: {
    name: "allow",
    title: "access rules",
    // One list for both options, since their order matters.
    nameOf: ({ action }) => action,
    kind: accessRule("allow"),
    repeatable: true,
    joins: true,
    section: "access",
    summary: "serve clients with these addresses",
    more:
      "NETWORKS is a list such as 10.0.0.0/8,::1,10.0.0.1-10.0.0.9,@FILE, or all. @FILE reads networks from a file, " +
      "and again when it changes. Each --allow and --deny is a rule, and the first rule that matches the client's " +
      "address decides. If all rules are --allow, all other clients are refused. The rules of a service come before those " +
      "of its defaults.",
    scope: "service",
    changeable: true,
  },
  /** The same list: it holds what both options say. */
  deny: {
    name: "deny",
    kind: accessRule("deny"),
    into: "accessRules",
    repeatable: true,
    section: "access",
    summary: "refuse clients with these addresses",
    more: "See --allow.",
    scope: "service",
    changeable: true,
    programOnly: true,
  },
  /** Networks that may connect at all, by the address of the socket, whatever a PROXY header says. Default: all. */
  allowPeer: {
    name: "allow-peer",
    kind: networks(),
    repeatable: true,
    section: "access",
    summary: "networks that may connect at all",
    more: "With --accept-proxy, this is about the proxies themselves, while --allow and --deny are about the clients " +
      "that they name.",
    scope: "service",
    changeable: true,
  },
  /** How a client is refused: `close` or `reset`. Default `close`. */
  onDeny: {
    name: "on-deny",
    kind: choice(["close", "reset"]),
    standard: "close",
    section: "access",
    summary: "how clients are refused (default close)",
    more: "With reset, the connection is reset, which costs this machine less during an attack.",
    linuxOnlyValues: { reset: "way to reset clients" },
    scope: "service",
    changeable: true,
  },
  /** Most connections that one client address may have at a time. Default: no limit. */
  maxPerClient: {
    name: "max-per-client",
    kind: count(),
    section: "access",
    summary: "connections of one client at a time",
    more: "Further ones are refused. Clients are told apart by their IPv4 address or by --client-prefix.",
    scope: "service",
    changeable: true,
  },
  /** How often one client address may connect. Default: no limit. */
  ratePerClient: {
    name: "rate-per-client",
    kind: rate(),
    section: "access",
    summary: "connections of one client in SEC seconds",
    more: "Further ones are refused. N may come at once, or BURST with N/SEC,BURST.",
    scope: "service",
    changeable: true,
  },
  /** How often clients are accepted. Nobody is refused: they wait. Default: no limit. */
  rate: {
    name: "rate",
    kind: rate(),
    section: "access",
    summary: "clients accepted in SEC seconds",
    more: "Nobody is refused: further clients wait in the kernel's queue (--backlog). N may come at once, " +
      "or BURST with N/SEC,BURST.",
    scope: "service",
    changeable: true,
  },
  /** Bits of an IPv6 address that tell clients apart for limits. Default 64. */
  clientPrefix: {
    name: "client-prefix",
    kind: count({ metavar: "BITS", most: 128 }),
    standard: 64,
    section: "access",
    summary: "IPv6 prefix of one client (default 64)",
    more: "One customer usually has a whole /64 or more. For --max-per-client and --rate-per-client.",
    scope: "service",
    changeable: true,
  },
  /** Count and report whom rules and limits would refuse, but refuse nobody. Default false. */
  accessDryRun: {
    name: "access-dry-run",
    kind: flag(),
    standard: false,
    section: "access",
    summary: "count who would be refused, refuse nobody",
    more: "For --allow, --deny, --allow-peer, --max-per-client, --rate-per-client and --rate.",
    scope: "service",
    changeable: true,
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
