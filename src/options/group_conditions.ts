/** What a client's first bytes may have to be. `none`: it says nothing within `--preamble-timeout`. */
export type ConditionProtocol = "tls" | "ssh" | "http" | "none";

/**
 * Which clients a group is for, as it was asked for, each value in its canonical form. A client must meet all that is
 * given; of several values of one, it needs one. None is empty.
 */
export interface GroupConditions {
  /** Server names that TLS clients give: `www.example.com`, or `*.example.com` for any one label. */
  readonly sni?: readonly string[];
  /** Protocols of which a TLS client offers one (ALPN): `h2`. */
  readonly alpn?: readonly string[];
  /** Networks that clients come from, as on the command line: `10.0.0.0/8,192.168.0.1,@FILE`. */
  readonly from?: string;
  /** Ports that clients come to. */
  readonly port?: readonly { readonly first: number; readonly last: number }[];
  /** What clients' first bytes are. */
  readonly proto?: readonly ConditionProtocol[];
}
