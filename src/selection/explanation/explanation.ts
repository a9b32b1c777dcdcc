import type { ChannelId } from "../../table/channel_id.ts";

/** How far demands had been lowered when a channel is tried: see `Demands`. */
export type Need = "all" | "rests" | "down";

/** What would become of a client that came now. */
export interface Explanation {
  /**
   * What becomes of it at first. `channel`: it is connected to the first of `attempts`. `waits`: it waits in the queue.
   * `full`: it is turned away, because all that it may use is full. `none`: it is turned away, because there is nothing
   * that it may use. `no-route`: it is turned away, because no group is for it.
   */
  readonly outcome: Outcome;
  /** What becomes of it if all `attempts` fail. The same as `outcome` if there are none. */
  readonly then: Exclude<Outcome, "channel">;
  /** Channels in the order in which they would be tried, each after the one before has failed. */
  readonly attempts: readonly ExplainedAttempt[];
  /** The channel that it waits for and takes no other, as it had it before; undefined if it does not. */
  readonly home: ChannelId | undefined;
  /** The queue, if clients may wait. */
  readonly queue: { readonly waiting: number; readonly limit: number; readonly seconds: number } | undefined;
  /** All groups that have channels. */
  readonly groups: readonly ExplainedGroup[];
}

/** See `Explanation`. */
export type Outcome = "channel" | "waits" | "full" | "none" | "no-route";

/** A channel that would be tried. */
export interface ExplainedAttempt {
  readonly channel: ChannelId;
  /** What had to be put up with by then. */
  readonly need: Need;
  /** Whether it is tried because the client had it before, whatever its group and strategy. */
  readonly before: boolean;
}

/** A group, as the client meets it. */
export interface ExplainedGroup {
  readonly group: number;
  /** Index of its strategy. */
  readonly strategy: number;
  /** Whether it is for this client. */
  readonly usable: boolean;
  /** Whether that may depend on what the client says first, of which nothing is known. */
  readonly unheard: boolean;
  /**
   * Whether a client keeps to one channel of it, its own: it takes no other even if that is unavailable or, where clients
   * may wait and the strategy would let it move, if that is full.
   */
  readonly owned: boolean;
  /** Whether chance decides, so that the order of attempts is one of several. */
  readonly chance: boolean;
  /** In the order of their numbers. */
  readonly channels: readonly ExplainedChannel[];
}

/** A channel, as the client meets it. */
export interface ExplainedChannel {
  readonly id: ChannelId;
  /** `DisabledBy` bits: who keeps it out. */
  readonly disabledBy: number;
  /** Connections now, and most of them, 0 for no limit. */
  readonly current: number;
  readonly maxc: number;
  readonly isFull: boolean;
  /** Whether clients who came earlier wait for it. */
  readonly isClaimed: boolean;
  /** Milliseconds for which it still rests, after a failed connect; 0 if it does not. */
  readonly rests: number;
  /** Whether its last connect failed. */
  readonly failing: boolean;
  readonly weight: number;
  /** How much of its weight it gets as yet, above 0 to 1. */
  readonly share: number;
  /** Whether the client had it before, and comes back to it. */
  readonly before: boolean;
  /** Its place among all of the group, from 1, if every one could take the client; undefined where chance decides. */
  readonly rank: number | undefined;
  /** How likely it is the first of its group to be tried, from 0 to 1; only where chance decides. */
  readonly chance: number | undefined;
}
