import type { ChannelNames, GroupSnapshot } from "../control/snapshot.ts";
import { snapshot } from "../control/snapshot.ts";
import type { Engine, EngineEvent, EngineSettings, StartEngine, Tap } from "../engine/engine.ts";
import { startPortable } from "../engine/portable/portable.ts";
import { connectionsFor } from "../process/descriptors.ts";
import { resolveHost } from "../process/resolve.ts";
import { strategies, type Strategy } from "../selection/strategy.ts";
import { type ChannelId, channelId, numberOf } from "../table/channel_id.ts";
import { MAX_CHANNELS, MAX_CONNECTIONS_PER_CHANNEL, MAX_GROUPS } from "../table/limits.ts";
import { DisabledBy, Table } from "../table/table.ts";

/** Length of the kernel's queue of clients that wait to be accepted; the system may hold it lower. */
const BACKLOG = 4096;

/** A channel to balance to. */
export interface ChannelOptions {
  /** Name or numeric address. A name is resolved once, at the start. */
  readonly host: string;
  /** TCP port. Default: the balancer's own. */
  readonly port?: number;
  /** Most simultaneous connections. Default 0, no limit. */
  readonly maxc?: number;
}

/** Channels that share the load; later groups take over when earlier ones have no usable channel. */
export interface GroupOptions {
  /** Name of the strategy, `rr` or `hash` or one of your own. Default `rr`. */
  readonly strategy?: string;
  /** Its channels, numbered from 0 in this order. */
  readonly channels: readonly ChannelOptions[];
}

/** How a balancer is set up. Everything but `port` has a default. */
export interface BalancerOptions {
  /** Port to listen on, 0 for a free one. */
  readonly port: number;
  /** Address to listen on. Default `0.0.0.0`; `::` takes IPv4 clients, too. */
  readonly hostname?: string;
  /** Groups in the order of their preference. Default none. */
  readonly groups?: readonly GroupOptions[];
  /** Source address of outgoing connections. Default: the system chooses. */
  readonly source?: string;
  /** Seconds a channel has to accept. Default 5. */
  readonly connectTimeout?: number;
  /** Seconds after which an idle connection is closed. Default 0, never. */
  readonly idleTimeout?: number;
  /** Clients served at a time; more wait in the kernel's queue. Default: what the descriptor limit allows. */
  readonly maxConnections?: number;
  /** Disable a channel whose connect fails, until it is enabled again. Default false. */
  readonly autodisable?: boolean;
  /** Let a sticky strategy fail over inside its group. Default false. */
  readonly hashFailover?: boolean;
  /** Report every step of every connection as a `trace` event. Default false. */
  readonly trace?: boolean;
  /** Strategies beyond the built-in ones. */
  readonly strategies?: readonly Strategy[];
  /** Called with everything worth reporting. Must not throw. */
  readonly onEvent?: (event: EngineEvent) => void;
  /** Called with every chunk before it is passed on; the bytes are valid during the call only. */
  readonly onChunk?: Tap;
}

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
  readonly #engine: Engine;

  private constructor(table: Table, names: ChannelNames, list: readonly Strategy[], engine: Engine) {
    this.table = table;
    this.names = names;
    this.strategies = list;
    this.#engine = engine;
  }

  /**
   * Resolves the hosts, opens the port and starts to serve.
   *
   * @throws {UnknownHost} when a host does not resolve
   * @throws {RangeError} when there are too many groups or channels, or a number is out of range
   * @throws {Error} with a `code` such as EADDRINUSE when the port cannot be opened
   */
  static async start(options: BalancerOptions): Promise<Balancer> {
    const list = [...strategies, ...options.strategies ?? []];
    const table = Table.create(1), names: ChannelNames = new Map();
    await fill(table, names, options, list);
    const settings: EngineSettings = {
      hostname: options.hostname ?? "0.0.0.0",
      port: options.port,
      source: options.source,
      connectTimeout: options.connectTimeout ?? 5,
      idleTimeout: options.idleTimeout ?? 0,
      maxConnections: options.maxConnections ?? connectionsFor(),
      backlog: BACKLOG,
      autodisable: options.autodisable ?? false,
      hashFailover: options.hashFailover ?? false,
      trace: options.trace ?? false,
      strategies: list,
    };
    const start: StartEngine = startPortable;
    const engine = await start({ table, settings, emit: options.onEvent ?? (() => {}), tap: options.onChunk });
    return new Balancer(table, names, list, engine);
  }

  /** Where it listens. */
  get address(): { readonly hostname: string; readonly port: number } {
    return this.#engine.address;
  }

  /** Which engine moves the bytes. */
  get engine(): string {
    return this.#engine.name;
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
    inRange("group", group, 0, MAX_GROUPS - 1);
    return addChannel(this.table, this.names, group, channel, await resolve(channel.host), this.address.port);
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
    this.table.setMaxc(this.#id(group, channel), inRange("maxc", maxc, 0, MAX_CONNECTIONS_PER_CHANNEL));
  }

  /** Stops accepting and frees the port at once; connections go on. */
  stopAccepting(): void {
    this.#engine.stopAccepting();
  }

  /** Stops accepting, lets connections end for `seconds`, then closes the rest. Says how many those were. */
  async drain(seconds: number): Promise<number> {
    this.#engine.stopAccepting();
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.ended, new Promise<void>((resolve) => timer = setTimeout(resolve, seconds * 1000))]);
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
    inRange("group", group, 0, MAX_GROUPS - 1);
    const id = channelId(group, channel);
    if (!Number.isInteger(channel) || channel < 0 || channel >= MAX_CHANNELS || !this.table.has(id)) {
      throw new RangeError(`Cannot change channel: group ${group} has no channel ${channel}`);
    }
    return id;
  }
}

/** A host that does not resolve. */
export class UnknownHost extends Error {
  /** Name of the class. */
  override readonly name = "UnknownHost";
}

async function fill(
  table: Table,
  names: ChannelNames,
  { groups = [], port }: BalancerOptions,
  list: readonly Strategy[],
): Promise<void> {
  if (groups.length > MAX_GROUPS) {
    throw new RangeError(`Cannot start balancer: ${groups.length} groups, most are ${MAX_GROUPS}`);
  }
  for (const [group, { strategy = "rr", channels }] of groups.entries()) {
    const index = list.findIndex(({ name }) => name === strategy);
    if (index < 0) throw new RangeError(`Cannot start balancer: unknown strategy ${JSON.stringify(strategy)}`);
    table.setStrategy(group, index);
    const hosts = await Promise.all(channels.map(({ host }) => resolve(host)));
    channels.forEach((channel, i) => addChannel(table, names, group, channel, hosts[i], port));
  }
}

function addChannel(
  table: Table,
  names: ChannelNames,
  group: number,
  channel: ChannelOptions,
  host: string,
  standardPort: number,
): number {
  const port = inRange("port", channel.port ?? standardPort, 1, 65535);
  const maxc = inRange("maxc", channel.maxc ?? 0, 0, MAX_CONNECTIONS_PER_CHANNEL);
  const id = table.addChannel(group, { host, port }, maxc);
  if (id === undefined) throw new RangeError(`Cannot add channel: group ${group} has ${MAX_CHANNELS} already`);
  names.set(id, channel.host);
  return numberOf(id);
}

async function resolve(host: string): Promise<string> {
  try {
    return await resolveHost(host);
  } catch (error) {
    throw new UnknownHost((error as Error).message);
  }
}

function inRange(what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`Cannot use ${what} ${value}: allowed are ${least} to ${most}`);
}
