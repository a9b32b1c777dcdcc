import { sourceAddress } from "../kinds/address.ts";
import { count } from "../kinds/count.ts";
import { keepAlive } from "../kinds/keep_alive.ts";
import { seconds } from "../kinds/seconds.ts";
import type { OptionRecord } from "../option_record.ts";
import { LONGEST_USER_TIMEOUT } from "../ranges.ts";

/** What is set on the sockets of connections. */
export const sockets = {
  /**
   * Source address of outgoing connections, or a name, which is resolved; `client` for the address of each client, which
   * only the linux engine can do, with the capability CAP_NET_ADMIN. Default: the system chooses.
   */
  source: {
    name: "source",
    short: "B",
    kind: sourceAddress(),
    section: "sockets",
    summary: "source address of outgoing connections",
    more: "With client, it is the address of the client, as if the balancer were not there. It needs the capability " +
      "CAP_NET_ADMIN or CAP_NET_RAW, and channels whose answers come back through this machine.",
    linuxOnlyValues: { client: "way to connect from clients' addresses" },
    common: true,
    scope: "service",
    changeable: true,
  },
  /** Keep-alive of clients' connections. Default: the system's. Only the linux engine has it. */
  clientKeepAlive: {
    name: "client-keepalive",
    short: "k",
    kind: keepAlive(),
    section: "sockets",
    summary: "probe clients after I s, every T s, N times",
    more:
      "TCP keep-alive of tcp(7): I is the time of silence before the first probe, T the time between probes, N the number of unanswered probes.",
    scope: "service",
    changeable: true,
    linuxOnly: "keep-alive times",
  },
  /** Keep-alive of channels' connections. Default: the system's. Only the linux engine has it. */
  channelKeepAlive: {
    name: "channel-keepalive",
    short: "K",
    kind: keepAlive(),
    section: "sockets",
    summary: "the same for channels",
    scope: "service",
    changeable: true,
    linuxOnly: "keep-alive times",
  },
  /**
   * Seconds that data may stay unacknowledged (TCP_USER_TIMEOUT), 0.001 to 2,147,483. Default: the system's. Only the
   * linux engine has it.
   */
  userTimeout: {
    name: "tcp-user-timeout",
    kind: seconds({ least: 0.001, most: LONGEST_USER_TIMEOUT }),
    section: "sockets",
    summary: "time for sent data to be acknowledged",
    more: "TCP_USER_TIMEOUT of tcp(7).",
    scope: "service",
    changeable: true,
    linuxOnly: "TCP user timeout",
  },
  /** Bytes of each send buffer. Default: the system sizes it. Only the linux engine has it. */
  sendBuffer: {
    name: "send-buffer",
    kind: count({ metavar: "BYTES" }),
    section: "sockets",
    summary: "size of each socket's send buffer",
    scope: "service",
    changeable: true,
    linuxOnly: "buffer sizes",
  },
  /** Bytes of each receive buffer. Default: the system sizes it. Only the linux engine has it. */
  receiveBuffer: {
    name: "receive-buffer",
    kind: count({ metavar: "BYTES" }),
    section: "sockets",
    summary: "size of each socket's receive buffer",
    scope: "service",
    changeable: true,
    linuxOnly: "buffer sizes",
  },
} as const satisfies Readonly<Record<string, OptionRecord>>;
