/**
 * How connections end. In the memory that threads share, an end is its number in this list, so new ones stand at its
 * end.
 *
 * - `closed`: well; both directions have ended.
 * - Once established: `idle`, `half-close-timeout`: silent for too long. `client-reset`, `channel-reset`.
 * - Without a channel: `no-channel`: none was there to be tried. `refused`, `unreachable`, `connect-timeout`: how the last
 *   attempt ended. `all-full`, `queue-full`, `queue-timeout`: no place. `left-queue`, `left-connecting`: the client went
 *   away while it waited for a place or for a channel to answer. `left-early`: before it had said what was asked of it.
 * - Not let in: `denied` (access lists), `rate`, `per-client` (its own limits), `proxy-header`, `proxy-timeout`,
 *   `no-route` (no group is for it).
 * - Because of an operator: `killed`; `drained`; `channel-down` (connections with a channel that is down are closed);
 *   `stopped` (service or program ends).
 * - `local`: this machine lacked descriptors, ports or memory. `bug`: its thread died.
 */
export const ENDS = [
  "closed",
  "idle",
  "client-reset",
  "channel-reset",
  "half-close-timeout",
  "no-channel",
  "refused",
  "unreachable",
  "connect-timeout",
  "all-full",
  "queue-full",
  "queue-timeout",
  "left-queue",
  "left-connecting",
  "left-early",
  "denied",
  "rate",
  "per-client",
  "proxy-header",
  "proxy-timeout",
  "no-route",
  "killed",
  "drained",
  "channel-down",
  "stopped",
  "local",
  "bug",
] as const;

/** How a connection ends. `closed`: well. All others: not well. */
export type End = typeof ENDS[number];

/** Number of an end. */
export const END = {
  CLOSED: 0,
  IDLE: 1,
  CLIENT_RESET: 2,
  CHANNEL_RESET: 3,
  HALF_CLOSE_TIMEOUT: 4,
  NO_CHANNEL: 5,
  REFUSED: 6,
  UNREACHABLE: 7,
  CONNECT_TIMEOUT: 8,
  ALL_FULL: 9,
  QUEUE_FULL: 10,
  QUEUE_TIMEOUT: 11,
  LEFT_QUEUE: 12,
  LEFT_CONNECTING: 13,
  LEFT_EARLY: 14,
  DENIED: 15,
  RATE: 16,
  PER_CLIENT: 17,
  PROXY_HEADER: 18,
  PROXY_TIMEOUT: 19,
  NO_ROUTE: 20,
  KILLED: 21,
  DRAINED: 22,
  CHANNEL_DOWN: 23,
  STOPPED: 24,
  LOCAL: 25,
  BUG: 26,
} as const;

/** One of `END`. */
export type EndNumber = typeof END[keyof typeof END];

/** The number of an end. */
export function endNumber(end: End): EndNumber {
  return ENDS.indexOf(end) as EndNumber;
}

/** Who ends connections, by number. A connection that ended well was ended by whoever sent its end first. */
export const PARTIES = ["client", "channel", "balance", "operator", "machine"] as const;

/** Who ended a connection. `machine`: a shortage here, or a fault of this program. */
export type Party = typeof PARTIES[number];

/** Number of a party. */
export const BY = { CLIENT: 0, CHANNEL: 1, BALANCE: 2, OPERATOR: 3, MACHINE: 4 } as const;

/** One of `BY`. */
export type ByNumber = typeof BY[keyof typeof BY];

/** Who ends connections so; for `closed`, `client`, although it may be the channel. */
export function partyOf(end: EndNumber): ByNumber {
  return PARTY_OF[end];
}

const PARTY_OF: readonly ByNumber[] = ENDS.map((end) => {
  switch (end) {
    case "closed":
    case "client-reset":
    case "left-queue":
    case "left-connecting":
    case "left-early":
      return BY.CLIENT;
    case "channel-reset":
    case "refused":
    case "unreachable":
    case "connect-timeout":
      return BY.CHANNEL;
    case "killed":
    case "drained":
    case "stopped":
      return BY.OPERATOR;
    case "local":
    case "bug":
      return BY.MACHINE;
    default:
      return BY.BALANCE;
  }
});
