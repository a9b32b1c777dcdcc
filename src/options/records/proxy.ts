import { choice } from "../kinds/choice.ts";
import { flag } from "../kinds/flag.ts";
import { networks } from "../kinds/networks.ts";
import { seconds } from "../kinds/seconds.ts";
import type { ChannelOfValues, Need, OptionRecord, OtherValues } from "../option_record.ts";
import { LONGEST_PREAMBLE } from "../ranges.ts";

/** What `--proxy` and the channel option `proxy` take. */
export const PROXY_VERSIONS = ["off", "v1", "v2"] as const;

/** The version of a PROXY header, or none. */
export type ProxyVersion = (typeof PROXY_VERSIONS)[number];

/** PROXY headers of version 2, by the service or a channel. */
const proxyV2 = ({ proxy }: OtherValues, channels: readonly ChannelOfValues[]): Need | undefined =>
  proxy === "v2" || channels.some(({ proxy }) => proxy === "v2")
    ? undefined
    : { words: "--proxy v2, or a channel with proxy=v2", library: 'the proxy "v2", for the service or a channel' };

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
    needs: proxyV2,
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
    needs: proxyV2,
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
    more:
      "Extensions (TLVs) are, for example, what the proxy knows about TLS. Both headers must be v2. It needs --accept-proxy.",
    needs: (values, channels) =>
      values.acceptProxy === undefined
        ? { words: "--accept-proxy NETWORKS", library: "acceptProxy" }
        : proxyV2(values, channels),
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
      "NETWORKS is a list such as 10.0.0.0/8,::1,@FILE. The client that the header names is the client from then on. Connections from other addresses are not searched for one. List only proxies that you trust: they can name any client.",
    scope: "service",
    changeable: true,
  },
  /** Seconds that a proxy in front has for its PROXY header. Default 5. */
  proxyTimeout: {
    name: "proxy-timeout",
    kind: seconds({ least: "positive", most: LONGEST_PREAMBLE }),
    standard: 5,
    section: "proxy",
    summary: "time for a PROXY header to come (default 5)",
    scope: "service",
    changeable: true,
  },
  /** Seconds to wait for a client's first bytes, where groups have conditions about them. Default 3. */
  preambleTimeout: {
    name: "preamble-timeout",
    kind: seconds({ least: "positive", most: LONGEST_PREAMBLE }),
    standard: 3,
    section: "proxy",
    summary: "time for a client's first bytes (default 3)",
    more:
      "Only groups with sni=, alpn= or proto= look at them. A client that says nothing meets proto=none, since in some protocols the server speaks first.",
    scope: "service",
    changeable: true,
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
