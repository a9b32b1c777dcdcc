import type { Tap } from "../../engine/engine.ts";
import type { ChannelValues } from "../../options/channel_values.ts";
import type { ConditionOptions, GroupConditions } from "../../options/group_conditions.ts";
import type { PortRange } from "../../options/port_ranges.ts";
import type { CheckedLibraryValues, LibraryValues, ServiceValues } from "../../options/values.ts";
import type { FirstProtocol } from "../../options/kinds/conditions.ts";
import type { StrategyFile } from "../../options/kinds/strategy_file.ts";
import type { Strategy } from "../../selection/strategy.ts";
import type { RecordState } from "../../state/record_state.ts";
import type { BalancerEvent } from "../events.ts";

/** A channel to balance to. */
export interface ChannelOptions extends ChannelValues {
  /**
   * Name or numeric address, or `srv:` and the name of SRV records. Without `resolve`, `all` or `srv:`, a name is
   * resolved once, at the start.
   */
  readonly host: string;
  /**
   * TCP port. Default: the service's own, unless that is 0; if the service has several, the one that the client came
   * to.
   */
  readonly port?: number;
}

/** How a channel is disabled. */
export interface DisableOptions {
  /** Whether its health checks stop as well. Default false. */
  readonly maintenance?: boolean;
}

/** How long a rule lasts that says who may come in. */
export interface RuleOptions {
  /** Seconds after which it ends by itself. Default: never. */
  readonly seconds?: number;
}

/** What a client does about which `why` is asked. */
export interface WhyOptions {
  /** Port that it comes to, one of the service's. Default: the first one. */
  readonly port?: number;
  /** Server name that it asks for in its TLS ClientHello. */
  readonly sni?: string;
  /** Protocols that it offers there (ALPN). */
  readonly alpn?: readonly string[];
  /**
   * What it says first: `tls`, `ssh`, `http`, or `none` for nothing. Default: `tls` if there is `sni` or `alpn`, otherwise
   * unknown.
   */
  readonly proto?: FirstProtocol;
}

/** Which open connections are meant: those that meet all that is given. */
export interface ConnectionOptions {
  /** The one with this id, as records and `openConnections` have it. */
  readonly id?: string;
  /** Accepted at least so many seconds ago. */
  readonly older?: number;
  /**
   * From these networks, as on the command line, but without files: `10.0.0.1,10.1.0.0/16`. With a PROXY header, the
   * client is the one that it names.
   */
  readonly client?: string;
  /** With this channel, established or being connected. */
  readonly channel?: { readonly group: number; readonly channel: number };
}

/** Channels that share the load; later groups take over when earlier ones have no usable channel. */
export interface GroupOptions {
  /** Name of the strategy: `rr`, `hash`, `least`, `random`, `stable`, `first` or a custom one. Default `rr`. */
  readonly strategy?: string;
  /** Which clients it is for. Others pass it over. Default: all. */
  readonly conditions?: ConditionOptions;
  /** Its channels, numbered from 0 in this order. */
  readonly channels: readonly ChannelOptions[];
}

/** A group that is asked for, once it is checked. */
export interface RequestedGroup extends Omit<GroupOptions, "conditions"> {
  /** Which clients it is for. Missing: for all. */
  readonly conditions?: GroupConditions;
}

/** @internal The library's options of a service. */
type ServiceLibraryValues = Pick<LibraryValues, keyof LibraryValues & keyof ServiceValues>;

/** How a service is set up. Everything but `port` has a default. Times are at most 2,147,483,647 seconds. */
export interface ServeOptions extends ServiceLibraryValues {
  /** Unique among the balancer's services. Default: the number of its first port. */
  readonly name?: string;
  /** Port to listen on, 0 for a free one, or a text as on the command line: `"80,443"`, `"8000-8010"`, `"http"`. */
  readonly port: number | string;
  /** Groups in order of preference. Default: none. */
  readonly groups?: readonly GroupOptions[];
}

/**
 * How a balancer is set up. Everything has a default. Times are at most 2,147,483,647 seconds.
 *
 * The options of the command line have the same names here in camel case, but `--bind` is `hostname`, `--debug` is
 * `trace`, `--tcp-user-timeout` is `userTimeout`, and `--allow` and `--deny` together are `accessRules`.
 */
export interface BalancerOptions extends LibraryValues, Pick<ServeOptions, "name" | "groups"> {
  /**
   * Port to listen on, 0 for a free one, or a text as on the command line: `"80,443"`. The balancer then serves one
   * service from the start, which its options describe. Default: none; `Balancer.serve` adds services.
   */
  readonly port?: number | string;
  /**
   * Custom strategies, whose names must differ from the built-in ones. Only the portable engine takes strategies
   * themselves; each engine takes files, which every thread loads. If a strategy throws, the group's channels are taken
   * in turn. That is reported as an uncaught error (`reportError`) or, for a file, as an event, once.
   */
  readonly strategies?: readonly (Strategy | StrategyFile)[];
  /** Called with everything worth reporting. If it throws, that is reported as an uncaught error (`reportError`). */
  readonly onEvent?: (event: BalancerEvent) => void;
  /**
   * Called with every connection when it has ended, up to a tenth of a second later. If more end than the program can be
   * told of, some are left out. If it throws, that is reported as an uncaught error (`reportError`).
   */
  readonly onConnection?: (connection: RecordState) => void;
  /**
   * Called with every chunk before it is passed on; the bytes are valid only during the call. If it throws, that is
   * reported as an uncaught error (`reportError`), and the chunk is still passed on.
   */
  readonly onChunk?: Tap;
}

/** Options once they are checked. */
type Checked<Options, Port> =
  & Omit<Options, "port" | "groups" | keyof CheckedLibraryValues>
  & Pick<CheckedLibraryValues, keyof CheckedLibraryValues & keyof Options>
  & { readonly port: Port; readonly groups?: readonly RequestedGroup[] };

/** `BalancerOptions` once they are checked. */
export type CheckedOptions = Checked<BalancerOptions, readonly PortRange[] | undefined>;

/** `ServeOptions` once they are checked. */
export type CheckedServeOptions = Checked<ServeOptions, readonly PortRange[]>;
