import { choice } from "../kinds/choice.ts";
import { flag } from "../kinds/flag.ts";
import { networks } from "../kinds/networks.ts";
import { seconds } from "../kinds/seconds.ts";
import type { OptionRecord } from "../option_record.ts";
import { PROXY_VERSIONS } from "../proxy_version.ts";
import { LONGEST_GREETING } from "../ranges.ts";

/** Who is calling: what channels are told, what proxies in front tell, and what clients say first. */
export const proxy = {
  /** PROXY header with which channels are told who the client is: `off`, `v1` or `v2`. Default `off`. */
  proxy: {
    name: "proxy",
    kind: choice(PROXY_VERSIONS),
    standard: "off",
    section: "proxy",
    summary: "tell channels who calls (default off)",
    more:
      "Each connection to a channel then begins with a PROXY header (haproxy.org), v1 as text or v2 in binary form. The channel must expect it. A channel may differ: host:80,proxy=v2.",
    scope: "service",
    changeable: true,
  },
  /** Add a checksum (CRC32c) to PROXY headers of version 2. Default false. */
  proxyChecksum: {
    name: "proxy-checksum",
    kind: flag(),
    standard: false,
    section: "proxy",
    summary: "add a checksum to PROXY v2 headers",
    scope: "service",
    changeable: true,
  },
  /** Add a unique id of the connection to PROXY headers of version 2. Default false. */
  proxyUniqueId: {
    name: "proxy-unique-id",
    kind: flag(),
    standard: false,
    section: "proxy",
    summary: "add a unique id to PROXY v2 headers",
    more:
      "It stays the same when the connection goes to another channel. If a proxy in front has sent one, that is passed on.",
    scope: "service",
    changeable: true,
  },
  /** Pass on the extensions (TLVs) of PROXY v2 headers that clients' proxies send. Default false. */
  proxyPassTlv: {
    name: "proxy-pass-tlv",
    kind: flag(),
    standard: false,
    section: "proxy",
    summary: "pass on extensions of received v2 headers",
    more: "These are the TLVs, such as those about TLS, if both headers are of version 2. It needs --accept-proxy.",
    scope: "service",
    changeable: true,
  },
  /** Networks of the proxies in front, whose connections must begin with a PROXY header. Default: none. */
  acceptProxy: {
    name: "accept-proxy",
    kind: networks(),
    repeatable: true,
    section: "proxy",
    summary: "require a PROXY header from these networks",
    more:
      "NETWORKS is a list such as 10.0.0.0/8,::1,@FILE. The client that the header names is the client from then on. From other addresses no header is looked for. List proxies that you trust, and nobody else: they can name any client.",
    scope: "service",
    changeable: true,
  },
  /** Seconds that a proxy in front has for its PROXY header. Default 5. */
  proxyTimeout: {
    name: "proxy-timeout",
    kind: seconds({ least: "positive", most: LONGEST_GREETING }),
    standard: 5,
    section: "proxy",
    summary: "time for a PROXY header to come (default 5)",
    scope: "service",
    changeable: true,
  },
  /** Seconds to wait for a client's first bytes, where groups have conditions about them. Default 3. */
  preambleTimeout: {
    name: "preamble-timeout",
    kind: seconds({ least: "positive", most: LONGEST_GREETING }),
    standard: 3,
    section: "proxy",
    summary: "time for a client's first bytes (default 3)",
    more:
      "Only groups with sni=, alpn= or proto= look at them. A client that says nothing meets proto=none, since in some protocols the server speaks first.",
    scope: "service",
    changeable: true,
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
