import type { Greeting } from "../preamble/greeting.ts";
import { firstAvailable } from "./strategies/first_available.ts";
import { hash } from "./strategies/hash.ts";
import { leastConnections } from "./strategies/least_connections.ts";
import { roundRobin } from "./strategies/round_robin.ts";
import { stableHash } from "./strategies/stable_hash.ts";
import { twoChoices } from "./strategies/two_choices.ts";

/** The client that a channel is chosen for. */
export interface Client {
  /** Sixteen bytes: an IPv6 address, or an IPv4 one in its IPv4-mapped form. */
  readonly address: Uint8Array;
  /** The client's own port, for traces. */
  readonly port: number;
  /** The port that it came to. Default: unknown. */
  readonly localPort?: number;
  /** What it has said, where groups have conditions about that. Default: it has not been listened to. */
  readonly greeting?: Greeting;
}

/**
 * The channels of a group that a client may be given now: those that are enabled and alive, below their limit, and not
 * tried for this client yet. Channels are given by their numbers in the group. The object is only valid for this one
 * choice.
 */
export interface Candidates {
  /** Channels in the group, candidates or not, at least 1. */
  readonly size: number;
  /** The channel whose turn it is: 0 to `size - 1`. */
  readonly cursor: number;
  /**
   * Whether a client of a sticky strategy may get a channel other than its own: if the strategy `moves`, or with `-H`.
   */
  readonly mayMove: boolean;
  /** The first candidate from number `from` on, or -1. */
  next(from: number): number;
  /** Whether this channel is a candidate. */
  has(number: number): boolean;
  /** The candidate whose turn it is, or the next one in turn; -1 if there is none. */
  inTurn(): number;
  /** Its share of the clients, relative to the other channels; 0 only for a channel that is not a candidate. */
  weight(number: number): number;
  /**
   * Whether a candidate takes this client. One that has just come back passes on most of its turns (`--slow-start`), if
   * there is another candidate. Ask only about one that would be chosen.
   */
  takesTurn(number: number): boolean;
  /** Its connections now, including those that are being established. */
  current(number: number): number;
  /** A hash of what identifies the channel: the same in every balancer that has it, whatever its number. */
  identity(number: number): number;
  /** A random number from 0 to just below 1. */
  random(): number;
}

/** A way of spreading clients over a group's channels. */
export interface Strategy {
  /** The control command that chooses it. */
  readonly name: string;
  /** What `show` calls it: at most 4 characters, so that its column does not grow. */
  readonly label: string;
  /** What sentences call it. */
  readonly title: string;
  /** Whether a choice moves the group's rotation on to the channel after the chosen one. */
  readonly rotates: boolean;
  /**
   * Whether each client belongs to one channel. With `--queue`, a client then first waits for its own channel if that
   * is full; and a channel that comes back gets its clients at once, whatever `--slow-start` says.
   */
  readonly sticky: boolean;
  /**
   * Whether a client of a sticky strategy gets another channel of the group if its own is unavailable. Default: only
   * with `-H`.
   */
  readonly moves?: boolean;
  /**
   * Chooses one of the candidates: its number, or -1 for none of this group. If the channel does not accept, the
   * strategy is asked again, with one candidate fewer.
   */
  choose(candidates: Candidates, client: Client): number;
}

/** All strategies. A group's row in the table holds the index; a new group has 0. */
export const strategies: readonly Strategy[] = [
  roundRobin,
  hash,
  leastConnections,
  twoChoices,
  stableHash,
  firstAvailable,
];
