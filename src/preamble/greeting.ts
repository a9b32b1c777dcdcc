/** What a client's first bytes are. `none`: it has said nothing yet; `other`: something else. */
export type Protocol = "tls" | "ssh" | "http" | "other" | "none";

/** What a client has said of itself before a channel was chosen. */
export interface Greeting {
  /** What they are. */
  readonly protocol: Protocol;
  /** Server name of a TLS ClientHello (RFC 6066, 3), in lower case and without a dot at its end; empty if there is none. */
  readonly serverName: string;
  /** Protocols that a TLS client offers (ALPN, RFC 7301), without those that mean nothing (GREASE, RFC 8701). */
  readonly alpn: readonly string[];
}

/** The greeting of a client that has not been listened to. */
export const NO_GREETING: Greeting = { protocol: "none", serverName: "", alpn: [] };
