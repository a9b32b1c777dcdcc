import type { ConditionRecord } from "./condition_record.ts";
import { applicationProtocols, firstProtocols, portNumbers, serverNames } from "./kinds/conditions.ts";
import { networks } from "./kinds/networks.ts";

/**
 * Every condition of a group, by its name in the library, in the order in which words have them. Parser, texts, help, the
 * library's checks and reload all come from here.
 */
export const conditionRecords = {
  /** Names that a TLS client asks for: `www.example.com,*.example.com`, where `*.` stands for one label. */
  sni: {
    name: "sni",
    kind: serverNames(),
    summary: "a name that a TLS client asks for",
    more: "NAMES is a list such as www.example.com,*.example.org, where *. stands for one label.",
  },
  /** Protocols of which a TLS client offers one (ALPN): `h2,http/1.1`. */
  alpn: {
    name: "alpn",
    kind: applicationProtocols(),
    summary: "a protocol that a TLS client offers",
    more: "PROTOCOLS is a list of names of ALPN, such as h2,http/1.1.",
  },
  /** Where a client comes from: `10.0.0.0/8,::1,10.0.0.1-10.0.0.9,@FILE`. */
  from: {
    name: "from",
    kind: networks(),
    summary: "where the client comes from",
    more:
      "NETWORKS is a list such as 10.0.0.0/8,::1,10.0.0.1-10.0.0.9,@FILE. @FILE reads networks from a file, and again when it changes.",
  },
  /** Ports that a client came to: `443,8000-8010`. */
  port: {
    name: "port",
    kind: portNumbers(),
    summary: "the port that the client came to",
    more: "PORTS is a list such as 443,8000-8010.",
  },
  /** What the first bytes of a client are: `tls`, `ssh`, `http` or `none`, if it waits for the server to speak. */
  proto: {
    name: "proto",
    kind: firstProtocols(),
    summary: "what the client says first",
    more: "It may be a list. With none, the client has said nothing within --preamble-timeout.",
  },
} as const satisfies Readonly<Record<string, ConditionRecord>>;

/** Name of a condition in the library. */
export type ConditionKey = keyof typeof conditionRecords;

/** All of them, as a list. */
export const conditionRecordList: readonly (readonly [key: ConditionKey, record: ConditionRecord])[] = Object.entries(
  conditionRecords,
) as readonly [ConditionKey, ConditionRecord][];
