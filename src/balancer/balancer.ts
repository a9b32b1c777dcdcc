import { type ChannelNames, type GroupSnapshot, snapshot } from "../control/snapshot.ts";
import type { Engine, EngineName, EngineSettings } from "../engine/engine.ts";
import { LONGEST_TIMER } from "../engine/longest_timer.ts";
import type { Strategy } from "../selection/strategy.ts";
import { type ChannelId, channelId } from "../table/channel_id.ts";
import { MAX_CHANNELS, MAX_CONNECTIONS_PER_CHANNEL, MAX_GROUPS } from "../table/limits.ts";
import { DisabledBy, Table } from "../table/table.ts";
import { addChannel, fillTable, resolve } from "./channels.ts";
import { chooseEngine } from "./choose_engine.ts";
import { allStrategies, guarded } from "./foreign_code.ts";
import type { BalancerOptions, ChannelOptions } from "./options.ts";
import { duration, engineSettings, whole } from "./settings.ts";

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
  /** @internal The shared state, for the control plane. */
  readonly table: Table;
  /** @internal Host names of the channels, as they were given. */
  readonly names: ChannelNames;
  /** @internal The strategies that groups can have. */
  readonly strategies: readonly Strategy[];
  /** Why it is this engine. */
  readonly engineReason: string;
  /** Numeric address that connections to channels come from, if that was asked for. */
  readonly source: string | undefined;
  readonly #engine: Engine;

  private constructor(
    table: Table,
    names: ChannelNames,
    list: readonly Strategy[],
    engine: Engine,
    engineReason: string,
    source: string | undefined,
  ) {
    this.table = table;
    this.names = names;
    this.strategies = list;
    this.#engine = engine;
    this.engineReason = engineReason;
    this.source = source;
  }

  /**
   * Resolves the hosts, opens the port and starts to serve.
   *
   * @throws {UnknownHost} when a host does not resolve
   * @throws {RangeError} when there are too many groups or channels, a number is out of range, or a strategy or engine is
   * unknown
   * @throws {EngineUnavailable} when the engine that is asked for cannot run, or not with these options
   * @throws {Error} with a `code` such as EADDRINUSE when the port cannot be opened
   */
  static async start(options: BalancerOptions): Promise<Balancer> {
    const list = allStrategies(options.strategies);
    const settings = await withNumericAddresses(engineSettings(options, list));
    const table = Table.create(settings.threads), names: ChannelNames = new Map();
    await fillTable(table, names, { ...options, source: settings.source }, list);
    const choice = chooseEngine(options.engine ?? "auto", settings);
    const emit = guarded(options.onEvent ?? (() => {})), tap = options.onChunk && guarded(options.onChunk);
    const context = { table, settings, emit, tap };
    return new Balancer(table, names, list, await choice.start(context), choice.reason, settings.source);
  }

  /** Where it listens. */
  get address(): { readonly hostname: string; readonly port: number } {
    return this.#engine.address;
  }

  /** Which engine moves the bytes. */
  get engine(): EngineName {
    return this.#engine.name;
  }

  /** Threads that move bytes. */
  get threads(): number {
    return this.table.lanes;
  }

  /** Client connections at this moment. */
  get connections(): number {
    return this.#engine.connections;
  }

  /** Resolves when it has stopped and the last connection is gone. */
  get ended(): Promise<void> {
    return this.#engine.ended;
  }

  /** All groups and channels with their counters. */
  show(): GroupSnapshot[] {
    return snapshot(this.table, this.names, this.strategies);
  }

  /**
   * Adds a channel to a group, enabled; says which number it got.
   *
   * @throws {UnknownHost} when the host does not resolve
   * @throws {RangeError} when the group is full or a number is out of range
   */
  async add(group: number, channel: ChannelOptions): Promise<number> {
    whole("group", group, 0, MAX_GROUPS - 1);
    return addChannel(
      this.table,
      this.names,
      group,
      channel,
      await resolve(channel.host, this.source),
      this.address.port,
    );
  }

  /** Gives a channel no new connections. @throws {RangeError} when there is no such channel */
  disable(group: number, channel: number): void {
    this.table.disable(this.#id(group, channel), DisabledBy.OPERATOR);
  }

  /** Lets a channel have connections again, whoever disabled it. @throws {RangeError} when there is no such channel */
  enable(group: number, channel: number): void {
    this.table.enable(this.#id(group, channel), DisabledBy.OPERATOR | DisabledBy.MACHINE);
  }

  /** Limits a channel's simultaneous connections, 0 for no limit. @throws {RangeError} when there is no such channel */
  limit(group: number, channel: number, maxc: number): void {
    this.table.setMaxc(this.#id(group, channel), whole("maxc", maxc, 0, MAX_CONNECTIONS_PER_CHANNEL));
  }

  /** Leaves further clients in the kernel's queue until `resumeAccepting`; connections go on. */
  pauseAccepting(): void {
    this.#engine.pauseAccepting();
  }

  /** Accepts clients again, those in the queue first. */
  resumeAccepting(): void {
    this.#engine.resumeAccepting();
  }

  /** Stops accepting and frees the port at once; connections go on. */
  stopAccepting(): void {
    this.#engine.stopAccepting();
  }

  /**
   * Stops accepting, lets connections end for `seconds`, then closes the rest. Says how many those were.
   *
   * @throws {RangeError} when `seconds` is no number from 0 to 2,147,483,647
   */
  async drain(seconds: number): Promise<number> {
    const end = performance.now() + duration("drain time", seconds, 0) * 1000;
    this.#engine.stopAccepting();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<void>((resolve) => {
      const wait = () => {
        const left = end - performance.now();
        if (left <= 0) resolve();
        else timer = setTimeout(wait, Math.min(left, LONGEST_TIMER));
      };
      wait();
    });
    await Promise.race([this.ended, over]);
    clearTimeout(timer);
    const left = this.connections;
    await this.stop();
    return left;
  }

  /** Stops accepting and closes every connection. */
  async stop(): Promise<void> {
    this.#engine.stopAccepting();
    this.#engine.closeAll();
    await this.ended;
  }

  /** The same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #id(group: number, channel: number): ChannelId {
    whole("group", group, 0, MAX_GROUPS - 1);
    const id = channelId(group, channel);
    if (!Number.isInteger(channel) || channel < 0 || channel >= MAX_CHANNELS || !this.table.has(id)) {
      throw new RangeError(`Cannot change channel: group ${group} has no channel ${channel}`);
    }
    return id;
  }
}

async function withNumericAddresses(settings: EngineSettings): Promise<EngineSettings> {
  const { hostname, source } = settings;
  return {
    ...settings,
    hostname: await resolve(hostname),
    source: source === undefined ? undefined : await resolve(source),
  };
}
