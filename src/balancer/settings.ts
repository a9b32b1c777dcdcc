import type { EngineSettings, KeepAlive } from "../engine/engine.ts";
import { connectionsFor } from "../process/descriptors.ts";
import {
  HIGHEST_COUNT,
  LONGEST_KEEP_ALIVE,
  LONGEST_TIME,
  LONGEST_USER_TIMEOUT,
  MOST_PROBES,
} from "../process/ranges.ts";
import type { Strategy } from "../selection/strategy.ts";
import { MAX_LANES } from "../table/limits.ts";
import type { BalancerOptions } from "./options.ts";

/** Length of the kernel's queue of clients that wait to be accepted; the system may hold it lower. */
const BACKLOG = 4096;

/** Seconds after which a half-closed connection over which nothing moves is closed. */
const HALF_CLOSE_TIMEOUT = 3600;

/**
 * What an engine is told, with every default in its place.
 *
 * @param list all strategies, the built-in ones included
 * @throws {RangeError} when a number is out of range
 */
export function engineSettings(options: BalancerOptions, list: readonly Strategy[]): EngineSettings {
  return {
    hostname: options.hostname ?? "0.0.0.0",
    port: whole("port", options.port, 0, 65535),
    source: options.source,
    connectTimeout: duration("connectTimeout", options.connectTimeout ?? 5, Number.MIN_VALUE),
    idleTimeout: duration("idleTimeout", options.idleTimeout ?? 0, 0),
    halfCloseTimeout: duration("halfCloseTimeout", options.halfCloseTimeout ?? HALF_CLOSE_TIMEOUT, 0),
    abortOnClose: options.abortOnClose ?? false,
    maxConnections: whole("maxConnections", options.maxConnections ?? connectionsFor(), 1, HIGHEST_COUNT),
    backlog: whole("backlog", options.backlog ?? BACKLOG, 1, HIGHEST_COUNT),
    autodisable: options.autodisable ?? false,
    hashFailover: options.hashFailover ?? false,
    failTimeout: duration("failTimeout", options.failTimeout ?? 0, 0),
    trace: options.trace ?? false,
    // Left out where it can be: functions cannot be sent to threads.
    strategies: options.strategies === undefined ? undefined : list,
    threads: whole("threads", options.threads ?? 1, 1, MAX_LANES),
    clientKeepAlive: keepAlive("clientKeepAlive", options.clientKeepAlive),
    channelKeepAlive: keepAlive("channelKeepAlive", options.channelKeepAlive),
    sendBuffer: bytes("sendBuffer", options.sendBuffer),
    receiveBuffer: bytes("receiveBuffer", options.receiveBuffer),
    userTimeout: options.userTimeout === undefined
      ? undefined
      : duration("userTimeout", options.userTimeout, 0.001, LONGEST_USER_TIMEOUT),
  };
}

/** Lets a whole number pass that is in range. @throws {RangeError} otherwise */
export function whole(what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`Cannot use ${what} ${value}: allowed are ${least} to ${most}`);
}

/** Lets a time pass that is in range. @throws {RangeError} otherwise */
export function duration(what: string, value: number, least: number, most = LONGEST_TIME): number {
  if (value >= least && value <= most) return value;
  const range = least === Number.MIN_VALUE ? `more than 0 and at most ${most}` : `${least} to ${most}`;
  throw new RangeError(`Cannot use ${what} ${value}: allowed are ${range} seconds`);
}

function bytes(what: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : whole(what, value, 1, HIGHEST_COUNT);
}

function keepAlive(what: string, times: KeepAlive | undefined): KeepAlive | undefined {
  const highest = { idle: LONGEST_KEEP_ALIVE, interval: LONGEST_KEEP_ALIVE, probes: MOST_PROBES };
  for (const name of ["idle", "interval", "probes"] as const) {
    const value = times?.[name];
    if (value !== undefined) whole(`${what}.${name}`, value, 1, highest[name]);
  }
  return times;
}
