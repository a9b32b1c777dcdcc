import type { Tap } from "../engine/engine.ts";
import type { CheckedLibraryValues, LibraryValues } from "../options/values.ts";
import type { Strategy } from "../selection/strategy.ts";
import type { BalancerEvent } from "./events.ts";

/** A channel to balance to. */
export interface ChannelOptions {
  /** Name or numeric address. A name is resolved once, at the start. */
  readonly host: string;
  /** TCP port. Default: the balancer's own, unless that is 0. */
  readonly port?: number;
  /** Most simultaneous connections. Default 0, no limit. */
  readonly maxc?: number;
}

/** Channels that share the load; later groups take over when earlier ones have no usable channel. */
export interface GroupOptions {
  /** Name of the strategy: `rr`, `hash` or a custom one. Default `rr`. */
  readonly strategy?: string;
  /** Its channels, numbered from 0 in this order. */
  readonly channels: readonly ChannelOptions[];
}

/**
 * How a balancer is set up. Everything but `port` has a default. Times are at most 2,147,483,647 seconds.
 *
 * The options of the command line have the same names here in camel case, but `--bind` is `hostname`, `--debug` is
 * `trace` and `--tcp-user-timeout` is `userTimeout`.
 */
export interface BalancerOptions extends LibraryValues {
  /** Port to listen on, 0 for a free one. */
  readonly port: number;
  /** Groups in order of preference. Default: none. */
  readonly groups?: readonly GroupOptions[];
  /**
   * Custom strategies, whose names must differ from the built-in ones. Only the portable engine takes them. If one
   * throws, that is reported as an uncaught error (`reportError`), and the group's channels are tried from the first.
   */
  readonly strategies?: readonly Strategy[];
  /** Called with everything worth reporting. If it throws, that is reported as an uncaught error (`reportError`). */
  readonly onEvent?: (event: BalancerEvent) => void;
  /**
   * Called with every chunk before it is passed on; the bytes are valid only during the call. If it throws, that is
   * reported as an uncaught error (`reportError`), and the chunk is still passed on.
   */
  readonly onChunk?: Tap;
}

/** The same once they are checked. */
export type CheckedOptions = Omit<BalancerOptions, keyof CheckedLibraryValues> & CheckedLibraryValues;
