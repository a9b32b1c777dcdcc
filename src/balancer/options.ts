import type { Tap } from "../engine/engine.ts";
import type { EngineChoice } from "../options/engine_name.ts";
import type { KeepAlive } from "../options/keep_alive.ts";
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

/** How a balancer is set up. Everything but `port` has a default. Times are at most 2,147,483,647 seconds. */
export interface BalancerOptions {
  /** Port to listen on, 0 for a free one. */
  readonly port: number;
  /** Address to listen on, or a name, which is resolved. Default `0.0.0.0`; `::` also takes IPv4 clients. */
  readonly hostname?: string;
  /** Groups in order of preference. Default: none. */
  readonly groups?: readonly GroupOptions[];
  /** Source address of outgoing connections, or a name, which is resolved. Default: the system chooses. */
  readonly source?: string;
  /** Seconds a channel has to accept, more than 0. Default 5. */
  readonly connectTimeout?: number;
  /**
   * Seconds for which a channel is skipped after a failed connect, provided another takes the client; then one client
   * tries it again. Default 0, not at all.
   */
  readonly failTimeout?: number;
  /** Seconds after which an idle connection is closed. Default 0, never. */
  readonly idleTimeout?: number;
  /**
   * Seconds after which a half-closed connection is closed: one direction has ended and nothing moves in the other.
   * Default 3600; 0 for never.
   */
  readonly halfCloseTimeout?: number;
  /** Drop a client that ends its sending side before a channel is connected, whatever it has sent. Default false. */
  readonly abortOnClose?: boolean;
  /** Which engine moves the bytes. Default `auto`: `linux` where it can run, otherwise `portable`. */
  readonly engine?: EngineChoice;
  /** Threads of the linux engine, 1 to 16. Default 1. */
  readonly threads?: number;
  /** Length of the kernel's queue of clients not yet accepted; the system may shorten it. Default 4096. */
  readonly backlog?: number;
  /** Keep-alive of clients' connections. Default: the system's. Only the linux engine has it. */
  readonly clientKeepAlive?: KeepAlive;
  /** Keep-alive of channels' connections. Default: the system's. Only the linux engine has it. */
  readonly channelKeepAlive?: KeepAlive;
  /** Bytes of each send buffer. Default: the system sizes it. Only the linux engine has it. */
  readonly sendBuffer?: number;
  /** Bytes of each receive buffer. Default: the system sizes it. Only the linux engine has it. */
  readonly receiveBuffer?: number;
  /**
   * Seconds that data may stay unacknowledged (TCP_USER_TIMEOUT), 0.001 to 2,147,483. Default: the system's. Only the
   * linux engine has it.
   */
  readonly userTimeout?: number;
  /** Most clients served at a time; others wait in the kernel's queue. Default: what the descriptor limit allows. */
  readonly maxConnections?: number;
  /** Disable a channel whose connect fails, until it is enabled again. Default false. */
  readonly autodisable?: boolean;
  /** Let a sticky strategy fail over inside its group. Default false. */
  readonly hashFailover?: boolean;
  /**
   * Take channels that are the balancer itself without a limit, from which a client comes back endlessly. Default
   * false: they are an error. With a limit they are a way to pass clients on to a later group once the limit is
   * reached.
   */
  readonly allowLoop?: boolean;
  /** Report every step of every connection as a `trace` event. Default false. */
  readonly trace?: boolean;
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
