import { bindAddress } from "../kinds/address.ts";
import { count } from "../kinds/count.ts";
import { flag } from "../kinds/flag.ts";
import { serviceName } from "../kinds/name.ts";
import type { OptionRecord } from "../option_record.ts";

/** Where clients come in, and how many. */
export const listening = {
  /** What operators call the service. Default: the number of its first port. */
  name: {
    name: "name",
    kind: serviceName(),
    section: "listening",
    summary: "what to call the service (default: its port)",
    more:
      "Letters, digits, '_', '.' and '-', beginning with a letter; no word of the command show, such as json or config.",
    scope: "service",
    programOnly: true,
  },
  /** Address to listen on, or a name, which is resolved. Default `0.0.0.0`; `::` also takes IPv4 clients. */
  hostname: {
    name: "bind",
    short: "b",
    kind: bindAddress(),
    section: "listening",
    summary: "address to listen on (default: any IPv4)",
    more:
      "It may be a name, and may be given several times. A link-local address names its interface, as in [fe80::11%eth0].",
    common: true,
    scope: "service",
    changeable: true,
    repeatable: true,
  },
  /** Listen on IPv6. */
  ipv6: {
    name: "ipv6",
    short: "6",
    kind: flag(),
    standard: false,
    section: "listening",
    summary: "listen on IPv6, and on IPv4 as well",
    common: true,
    scope: "service",
    changeable: true,
    programOnly: true,
  },
  /** Most clients served at a time; others wait in the kernel's queue. Default: what the descriptor limit allows. */
  maxConnections: {
    name: "max-connections",
    kind: count(),
    section: "listening",
    summary: "clients at a time (default: by descriptors)",
    more:
      "Further clients wait in the kernel's queue. The default is half of the descriptors that the program does not need itself.",
    common: true,
    scope: "both",
    changeable: true,
  },
  /** Length of the kernel's queue of clients not yet accepted; the system may shorten it. Default 4096. */
  backlog: {
    name: "backlog",
    kind: count(),
    standard: 4096,
    section: "listening",
    summary: "clients the kernel queues (default 4096)",
    more: "The system may shorten it.",
    scope: "service",
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
