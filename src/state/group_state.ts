import type { ChannelState } from "./channel_state.ts";
import type { PortsState } from "./ports_state.ts";

/** One group of channels. */
export interface GroupState {
  /** Number of the group. */
  readonly group: number;
  /** Its distribution, as `show` calls it: `RR`, `Hash`, `LC`, `Rand`, `Stab`, `1st` or another label. */
  readonly type: string;
  /** Which clients it is for; missing if it is for all. */
  readonly conditions?: ConditionsState;
  /** In the order of their numbers. */
  readonly channels: readonly ChannelState[];
}

/** Which clients a group is for: those that meet all that is there. */
export interface ConditionsState {
  /** Server names of which a TLS client gives one; `*.` is any one label. */
  readonly sni?: readonly string[];
  /** Protocols of which a TLS client offers one (ALPN). */
  readonly alpn?: readonly string[];
  /** Networks and files of networks that clients come from, as on the command line. */
  readonly from?: string;
  /** Ports that clients come to. */
  readonly port?: readonly PortsState[];
  /** What clients say first: `tls`, `ssh`, `http`, or `none` for nothing. */
  readonly proto?: readonly string[];
}
