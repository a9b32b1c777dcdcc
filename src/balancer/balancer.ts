import type {
  DescriptorShares,
  Engine,
  EngineEvent,
  ListenPlace,
  ServedService,
  ServiceSettings,
} from "../engine/engine.ts";
import { Groups } from "../groups/groups.ts";
import type { GroupSnapshot } from "../groups/snapshot.ts";
import { type Alarm, RunningClock } from "../engine/running_clock.ts";
import type { EngineName } from "../options/engine_name.ts";
import { serviceOptions } from "../options/values.ts";
import type { Strategy } from "../selection/strategy.ts";
import { type Address, formatAddress } from "../table/address.ts";
import { Table } from "../table/table.ts";
import { chooseEngine } from "./choose_engine.ts";
import { descriptorShares } from "./descriptor_shares.ts";
import { ChannelLoop, coded } from "./errors.ts";
import { balancerEvent } from "./events.ts";
import { addChannel, fillGroups, resolve } from "./fill_groups.ts";
import { allStrategies, guarded } from "./foreign_code.ts";
import { withJson } from "./json_counters.ts";
import { leadsBack, refuseLoops } from "./loops.ts";
import {
  BALANCER_OPTIONS,
  CHANNEL,
  CHANNEL_OPTIONS,
  checkGroups,
  GROUP,
  HOST,
  MAXC,
  SECONDS,
} from "./option_shapes.ts";
import type { BalancerOptions, ChannelOptions, CheckedOptions } from "./options.ts";

/**
 * Milliseconds between checks of the clock during a drain, so that time in which the process was stopped is noticed.
 */
const DRAIN_LOOK = 1000;

/** Where a balancer listens that was not told otherwise. */
const ANY_ADDRESS = "0.0.0.0";

/**
 * A running balancer.
 *
 * @example Two back ends and one in reserve
 * ```ts
 * import { Balancer } from "@balance/balance";
 *
 * const balancer = await Balancer.start({
 *   port: 0,
 *   hostname: "127.0.0.1",
 *   groups: [
 *     { channels: [{ host: "127.0.0.1", port: 9001 }, { host: "127.0.0.1", port: 9002, maxc: 50 }] },
 *     { channels: [{ host: "127.0.0.1", port: 9003 }] },
 *   ],
 * });
 * balancer.disable(0, 1);
 * console.log(balancer.show());
 * await balancer.drain(10);
 * ```
 */
export class Balancer implements AsyncDisposable {
  /** @internal Groups and channels, for the control plane. */
  readonly groups: Groups;
  /** Why this engine was chosen. */
  readonly engineReason: string;
  /** Numeric source address of connections to channels, if one was set. */
  readonly source: string | undefined;
  /** @internal Most simultaneous clients, and how the descriptors are shared out. */
  readonly limits: { readonly maxConnections: number; readonly descriptors: DescriptorShares };
  readonly #engine: Engine;
  readonly #service: ServedService;
  readonly #allowLoop: boolean;
  #stopped = false;

  private constructor(
    groups: Groups,
    engine: Engine,
    service: ServedService,
    engineReason: string,
    source: string | undefined,
    limits: { readonly maxConnections: number; readonly descriptors: DescriptorShares },
    allowLoop: boolean,
  ) {
    this.groups = groups;
    this.#engine = engine;
    this.#service = service;
    this.engineReason = engineReason;
    this.source = source;
    this.limits = limits;
    this.#allowLoop = allowLoop;
    engine.ended.then(() => this.#stopped = true);
  }

  /**
   * Checks the options, resolves the hosts, opens the port and starts to serve. Every error has a `code`; see
   * `ErrorCode`.
   *
   * @throws {TypeError} naming the option, when a value is missing or of the wrong kind, or there is no such option
   * @throws {RangeError} naming the option, when there are too many groups or channels, a number is out of range, or a
   * strategy or engine is unknown
   * @throws {UnknownHost} when a host does not resolve
   * @throws {ChannelLoop} when a channel without a limit is the balancer itself, unless there is `allowLoop`
   * @throws {EngineUnavailable} when the requested engine cannot run here, or not with these options
   * @throws {Deno.errors.NotCapable} when Deno lacks a permission that this needs
   * @throws {Error} with a `code` such as EADDRINUSE when the port cannot be opened
   */
  static async start(options: BalancerOptions): Promise<Balancer> {
    const checked = BALANCER_OPTIONS(options, ""), { onEvent, onChunk } = checked;
    const list = allStrategies(checked.strategies);
    checkGroups(checked, list);
    if ((checked.hostname?.length ?? 1) !== 1) {
      throw coded(new RangeError("Cannot use hostname: it must be one address"), "ERR_OUT_OF_RANGE");
    }
    const chosen = await balancerSettings(checked, list);
    const table = Table.create(chosen.threads), groups = new Groups(table, list);
    await fillGroups(groups, { ...checked, source: chosen.source });
    const allowLoop = checked.allowLoop ?? false;
    if (!allowLoop) refuseLoops(groups, chosen);
    const choice = chooseEngine(checked.engine ?? "auto", chosen);
    const descriptors = descriptorShares(choice.name, table.lanes);
    const maxConnections = checked.maxConnections ?? descriptors.connections;
    const emit = onEvent
      ? guarded((event: EngineEvent) => {
        const named = balancerEvent(event, table);
        if (named !== undefined) onEvent(named);
      })
      : () => {};
    const tap = onChunk && guarded(onChunk);
    let engine: Engine | undefined;
    try {
      engine = await choice.start({ threads: chosen.threads, maxConnections, descriptors, emit, tap });
      const { hostname, port } = chosen;
      const service = await engine.serve({ table, settings: chosen, emit }, [
        engine.listen({ hostname, port }, chosen),
      ]);
      const limits = { maxConnections, descriptors };
      return new Balancer(groups, engine, service, choice.reason, chosen.source, limits, allowLoop);
    } catch (error) {
      engine?.stopAccepting();
      throw error instanceof Deno.errors.NotCapable ? coded(error, "ERR_PERMISSION") : error;
    }
  }

  /** Where it listens. */
  get address(): { readonly hostname: string; readonly port: number } {
    return this.#service.listeners[0].address;
  }

  /** Which engine moves the bytes. */
  get engine(): EngineName {
    return this.#engine.name;
  }

  /** Threads that move bytes. */
  get threads(): number {
    return this.groups.table.lanes;
  }

  /** Client connections at this moment. */
  get connections(): number {
    return this.#engine.connections;
  }

  /** Resolves when it has stopped and the last connection is gone. */
  get ended(): Promise<void> {
    return this.#engine.ended;
  }

  /**
   * All groups and channels with their counters. They work with `JSON.stringify`: a counter becomes a number or, from
   * 2^53 on, where a number would not be exact, a string of digits.
   */
  show(): GroupSnapshot[] {
    return withJson(this.groups.snapshot());
  }

  /**
   * Adds an enabled channel to a group and returns its number.
   *
   * @throws {TypeError} naming what is missing or of the wrong kind
   * @throws {RangeError} when the group is full or a number is out of range
   * @throws {UnknownHost} when the host does not resolve
   * @throws {ChannelLoop} when it is the balancer itself and has no limit, unless there is `allowLoop`
   * @throws {Error} with the code ERR_STOPPED when the balancer has stopped
   */
  async add(group: number, channel: ChannelOptions): Promise<number> {
    GROUP(group, "group");
    const checked = CHANNEL_OPTIONS(channel, "channel"), { port } = this.address;
    this.#mustRun();
    const numeric = await this.resolve(checked.host);
    this.#mustRun();
    const address = { host: numeric, port: checked.port ?? port };
    this.#mustNotLoop("channel", group, this.groups.size(group), address, checked.maxc ?? 0);
    return addChannel(this.groups, group, checked, numeric, port);
  }

  /**
   * Stops giving a channel new connections.
   *
   * @throws {TypeError} when a number is of the wrong kind
   * @throws {RangeError} when there is no such channel
   */
  disable(group: number, channel: number): void {
    this.#mustHave(group, channel);
    this.groups.disable(group, channel);
  }

  /**
   * Gives a channel connections again, no matter who disabled it.
   *
   * @throws {TypeError} when a number is of the wrong kind
   * @throws {RangeError} when there is no such channel
   */
  enable(group: number, channel: number): void {
    this.#mustHave(group, channel);
    this.groups.enable(group, channel);
  }

  /**
   * Limits a channel's simultaneous connections, 0 for no limit.
   *
   * @throws {TypeError} when a number is of the wrong kind
   * @throws {RangeError} when there is no such channel, or `maxc` is out of range
   * @throws {ChannelLoop} when the channel is the balancer itself and would have no limit, unless there is `allowLoop`
   */
  limit(group: number, channel: number, maxc: number): void {
    this.#mustHave(group, channel);
    const most = MAXC(maxc, "maxc"), { table } = this.groups;
    this.#mustNotLoop("maxc", group, channel, table.address(table.channelAt(group, channel)), most);
    this.groups.limit(group, channel, most);
  }

  /** @internal The address for channels on this host: one that the source address can reach. @throws {UnknownHost} */
  async resolve(host: string): Promise<string> {
    return await resolve(HOST(host, "host"), this.source);
  }

  /** Leaves new clients in the kernel's queue until `resumeAccepting`; existing connections continue. */
  pauseAccepting(): void {
    this.#engine.pauseAccepting();
  }

  /** Accepts clients again, those in the queue first. */
  resumeAccepting(): void {
    this.#engine.resumeAccepting();
  }

  /** Stops accepting and frees the port at once; existing connections continue. */
  stopAccepting(): void {
    this.#engine.stopAccepting();
  }

  /**
   * Stops accepting, gives connections `seconds` to end, then closes those that are left and returns their number.
   *
   * @throws {TypeError} when `seconds` is not a number
   * @throws {RangeError} when it is not from 0 to 2,147,483,647
   */
  async drain(seconds: number): Promise<number> {
    const clock = new RunningClock(), end = clock.now() + SECONDS(seconds, "seconds") * 1000;
    this.#engine.stopAccepting();
    let alarm: Alarm | undefined;
    const over = new Promise<void>((resolve) => {
      const wait = () => {
        const now = clock.now();
        if (now >= end) resolve();
        else alarm = clock.at(Math.min(end, now + DRAIN_LOOK), wait);
      };
      wait();
    });
    await Promise.race([this.ended, over]);
    alarm?.cancel();
    const left = this.connections;
    await this.stop();
    return left;
  }

  /** Stops accepting and closes every connection. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#engine.stopAccepting();
    this.#engine.closeAll();
    await this.ended;
  }

  /** The same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #mustHave(group: number, channel: number): void {
    if (this.groups.has(GROUP(group, "group"), CHANNEL(channel, "channel"))) return;
    const message = `Cannot change channel: group ${group} has no channel ${channel}`;
    throw coded(new RangeError(message), "ERR_NO_SUCH_CHANNEL");
  }

  #mustNotLoop(path: string, group: number, channel: number, address: Address, maxc: number): void {
    if (maxc > 0 || this.#allowLoop || !leadsBack(address, this.address)) return;
    throw new ChannelLoop(path, formatAddress(address), group, channel);
  }

  #mustRun(): void {
    if (this.#stopped) throw coded(new Error("Cannot add channel: the balancer has stopped"), "ERR_STOPPED");
  }
}

/** What the engine must know about a balancer's service, where to listen, and how many threads to start. */
type BalancerSettings = ServiceSettings & ListenPlace & { readonly threads: number };

async function balancerSettings(checked: CheckedOptions, list: readonly Strategy[]): Promise<BalancerSettings> {
  const { port, hostname: [hostname] = [ANY_ADDRESS], source, strategies, threads, trace = false } = checked;
  return {
    ...serviceOptions(checked),
    // It is the process's: there is only one service.
    maxConnections: undefined,
    port,
    hostname: await resolve(hostname),
    source: source === undefined ? undefined : await resolve(source),
    // Left out if possible: functions cannot be sent to threads.
    strategies: strategies === undefined ? undefined : list,
    threads: typeof threads === "number" ? threads : 1,
    trace,
  };
}
