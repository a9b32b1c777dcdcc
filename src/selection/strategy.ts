import { hash } from "./strategies/hash.ts";
import { roundRobin } from "./strategies/round_robin.ts";

/** The client that a channel is chosen for. */
export interface Client {
  /** Sixteen bytes: an IPv6 address, or an IPv4 one in its IPv4-mapped form. */
  readonly address: Uint8Array;
  /** The client's own port, for traces. */
  readonly port: number;
}

/** What a strategy may look at. It need not care whether a channel is enabled or full. */
export interface GroupView {
  /** Channels in the group, at least 1. */
  readonly size: number;
  /** Where the group's rotation stands: 0 to `size - 1`. */
  readonly cursor: number;
  /** Connections that a channel has now. */
  current(number: number): number;
}

/**
 * A way of spreading clients over a group's channels. It only says where to start looking. `Failover` goes on from
 * there past channels that are disabled, full or dead; in a sticky group with `-H`, in an order that each client has
 * for itself.
 */
export interface Strategy {
  /** The control command that chooses it. */
  readonly name: string;
  /** How `show` calls it. */
  readonly label: string;
  /** How a sentence calls it. */
  readonly title: string;
  /** Whether a choice moves the group's rotation on to the channel after the chosen one. */
  readonly rotates: boolean;
  /** Whether a client belongs to one channel, so that it gets another of the group only with `-H`. */
  readonly sticky: boolean;
  /** Number of the channel to try first, 0 to `size - 1`. Larger numbers wrap around; anything else counts as 0. */
  start(group: GroupView, client: Client): number;
}

/** All strategies. A group's row in the table holds the index; a new group has 0. */
export const strategies: readonly Strategy[] = [roundRobin, hash];
