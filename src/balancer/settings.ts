import type { ListenPlace, ServiceSettings } from "../engine/engine.ts";
import type { Strategy } from "../selection/strategy.ts";
import type { BalancerOptions } from "./options.ts";

/** Length of the kernel's queue of clients not yet accepted; the system may shorten it. */
const BACKLOG = 4096;

/** Seconds after which a silent half-closed connection is closed. */
const HALF_CLOSE_TIMEOUT = 3600;

/** What the engine must know about a balancer's service, where to listen, and how many threads to start. */
export type BalancerSettings = ServiceSettings & ListenPlace & { readonly threads: number };

/**
 * The engine's settings, with all defaults filled in.
 *
 * @param options the options, checked by `BALANCER_OPTIONS`
 * @param list all strategies, the built-in ones included
 */
export function engineSettings(options: BalancerOptions, list: readonly Strategy[]): BalancerSettings {
  return {
    hostname: options.hostname ?? "0.0.0.0",
    port: options.port,
    source: options.source,
    connectTimeout: options.connectTimeout ?? 5,
    idleTimeout: options.idleTimeout ?? 0,
    halfCloseTimeout: options.halfCloseTimeout ?? HALF_CLOSE_TIMEOUT,
    abortOnClose: options.abortOnClose ?? false,
    backlog: options.backlog ?? BACKLOG,
    autodisable: options.autodisable ?? false,
    hashFailover: options.hashFailover ?? false,
    failTimeout: options.failTimeout ?? 0,
    trace: options.trace ?? false,
    // Left out if possible: functions cannot be sent to threads.
    strategies: options.strategies === undefined ? undefined : list,
    threads: options.threads ?? 1,
    clientKeepAlive: options.clientKeepAlive,
    channelKeepAlive: options.channelKeepAlive,
    sendBuffer: options.sendBuffer,
    receiveBuffer: options.receiveBuffer,
    userTimeout: options.userTimeout,
  };
}
