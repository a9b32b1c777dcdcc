import type { ConditionMap } from "./conditions.ts";
import type { Strategy } from "./strategy.ts";

/** How channels are chosen; the command line's `-a`, `-H`, `--fail-timeout`, `--sticky` and `--queue`. */
export interface SelectionOptions {
  /** Disable a channel whose connect fails. */
  readonly autodisable: boolean;
  /** Let sticky strategies move on inside the group. */
  readonly hashFailover: boolean;
  /** Seconds for which a channel is skipped after a failed connect, as long as another is available; 0 for none. */
  readonly failTimeout: number;
  /**
   * Seconds after its last connection for which a client's address comes back to the channel that it had, under any
   * strategy. Default: 0, not at all. Takes `stickyMemory`.
   */
  readonly sticky?: number;
  /** Where that is remembered: the buffer of a `StickyTable`, whose clock somebody keeps. */
  readonly stickyMemory?: SharedArrayBuffer;
  /** Report every step of every connection. */
  readonly trace: boolean;
  /** Seconds for which a client may wait while every channel is full. Default 0: none waits. */
  readonly queue?: number;
  /** Most clients that may wait at the same time. */
  readonly queueLimit?: number;
  /** Seconds until a channel that has come back gets its full share. Default 0: at once. */
  readonly slowStart?: number;
  /**
   * Which clients groups are for, by the numbers that the table has. They hold for clients who have come before as well.
   * Default: none; a group that has a condition is then for nobody.
   */
  readonly conditions?: ConditionMap;
  /** Numbers from 0 to just below 1. Default: `Math.random`. */
  readonly random?: () => number;
  /** Replaces the built-in strategies; the index is what the table's groups refer to. */
  readonly strategies?: readonly Strategy[];
}

/** Whether the two choose alike, so that a selection need not be replaced. Conditions are not looked at. */
export function sameOptions(one: SelectionOptions, other: SelectionOptions): boolean {
  return one.autodisable === other.autodisable && one.hashFailover === other.hashFailover &&
    one.failTimeout === other.failTimeout && one.trace === other.trace && one.queue === other.queue &&
    one.queueLimit === other.queueLimit && one.strategies === other.strategies &&
    one.sticky === other.sticky && one.stickyMemory === other.stickyMemory && one.slowStart === other.slowStart;
}
