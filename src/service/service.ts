import type { AccessState, ClientState } from "../access/access_state.ts";
import type { Action } from "../access/rules.ts";
import type { CloseOptions } from "../engine/engine.ts";
import type { Drained } from "../groups/drained.ts";
import type { GroupSnapshot } from "../groups/snapshot.ts";
import type { StickyClient } from "../groups/sticky_clients.ts";
import { optional } from "../options/shape.ts";
import { sameFamilyAs } from "../process/resolve.ts";
import { ChannelDrains } from "./draining/channel_drains.ts";
import { type ChangedChannel, requireChannel, requireFreeName, requireNoLoop } from "./channel_rules.ts";
import { coded } from "./errors.ts";
import type { BalancerEvent } from "./events.ts";
import { addChannel, resolve } from "./drafts/group_specs.ts";
import { withJson } from "./json_counters.ts";
import {
  CHANNEL_OPTIONS,
  CLIENTS,
  CLOSE_OPTIONS,
  CONNECTION_OPTIONS,
  DISABLE_OPTIONS,
  GROUP,
  HOST,
  MAXC,
  NETWORKS,
  RULE_OPTIONS,
  SECONDS,
  WEIGHT,
} from "./options/option_shapes.ts";
import type { RecordState } from "../state/record_state.ts";
import type { WhyState } from "../state/why_state.ts";
import type { ChannelOptions, ConnectionOptions, DisableOptions, RuleOptions, WhyOptions } from "./options/options.ts";
import { forget, remembered } from "./sticky/remembered_clients.ts";
import { hasSeveralPorts } from "./drafts/service_request.ts";
import { type RunningParts, RunningService } from "./running_service.ts";

/** What operators and embedding programs can do with a service: look at its channels and clients, and change them. */
export class Service extends RunningService {
  readonly #drains: ChannelDrains;

  /** @internal `Instance` makes services. @param emit called with what happens to channels that are drained */
  constructor(parts: RunningParts, emit: (event: BalancerEvent) => void = () => {}) {
    super(parts);
    const { groups, served } = parts;
    this.#drains = new ChannelDrains(groups, {
      close: (id, options) => served.close(id, options, "drained"),
      emit: (event) => emit({ ...event, service: this.name }),
    });
    served.ended.then(() => this.#drains.stop());
  }

  /**
   * All groups and channels with their counters. They work with `JSON.stringify`: a counter becomes a number or, from
   * 2^53 on, where a number would not be exact, a string of digits. A channel with port 0 gets the port that its client
   * came to.
   */
  show(): GroupSnapshot[] {
    return withJson(this.groups.snapshot());
  }

  /**
   * Adds an enabled channel to a group and returns its number.
   *
   * @throws {TypeError} naming what is missing or of the wrong kind
   * @throws {RangeError} when the group is full, a number is out of range, or another channel has that name
   * @throws {UnknownHost} when the host does not resolve
   * @throws {ChannelLoop} when it is the service itself and has no limit, unless there is `allowLoop`
   * @throws {Error} with the code ERR_STOPPED when the service has stopped
   */
  async add(group: number, channel: ChannelOptions): Promise<number> {
    GROUP(group, "group");
    const checked = CHANNEL_OPTIONS(channel, "channel");
    this.#mustRun();
    const numeric = await this.resolve(checked.host);
    this.#mustRun();
    const { name, maxc = 0, port = this.#standardPort } = checked, address = { host: numeric, port };
    requireFreeName(this.groups, name);
    this.#mustNotLoop("channel", { group, channel: this.groups.size(group), address, maxc });
    return addChannel(this.groups, group, checked, address);
  }

  /**
   * Stops giving a channel new connections; with `maintenance`, it is not checked either.
   *
   * @throws {TypeError} when a value is of the wrong kind
   * @throws {RangeError} when there is no such channel
   */
  disable(group: number, channel: number, options: DisableOptions = {}): void {
    requireChannel(this.groups, group, channel);
    if (DISABLE_OPTIONS(options, "options").maintenance) this.groups.maintain(group, channel);
    else this.groups.disable(group, channel);
  }

  /**
   * Gives a channel no new connections, until it is enabled again. Resolves when its last connection has ended, or the
   * channel has been enabled, removed or drained again before that.
   *
   * @param seconds after which the connections that are left are closed, over up to 5 s; undefined for never
   * @returns how many were closed
   * @throws {TypeError} when a number is of the wrong kind
   * @throws {RangeError} when there is no such channel, or `seconds` is not from 0 to 2,147,483,647
   */
  async drainChannel(group: number, channel: number, seconds?: number): Promise<number> {
    return (await this.startDrain(group, channel, seconds)).closed;
  }

  /** @internal The same, with all that came of it. */
  async startDrain(group: number, channel: number, seconds?: number): Promise<Drained> {
    requireChannel(this.groups, group, channel);
    return await this.#drains.begin(group, channel, optional(SECONDS)(seconds, "seconds"));
  }

  /**
   * Closes a channel's connections. New ones may come unless it is disabled.
   *
   * @returns how many it has closed, once they are gone
   * @throws {TypeError} when a value is of the wrong kind
   * @throws {RangeError} when there is no such channel, or a number is out of range
   */
  async closeChannel(group: number, channel: number, options: CloseOptions = {}): Promise<number> {
    const id = requireChannel(this.groups, group, channel);
    return await this.served.close(id, CLOSE_OPTIONS(options, "options"));
  }

  /**
   * Gives a channel connections again, no matter who disabled it.
   *
   * @throws {TypeError} when a number is of the wrong kind
   * @throws {RangeError} when there is no such channel
   */
  enable(group: number, channel: number): void {
    requireChannel(this.groups, group, channel);
    this.groups.enable(group, channel);
  }

  /**
   * Limits a channel's simultaneous connections, 0 for no limit.
   *
   * @throws {TypeError} when a number is of the wrong kind
   * @throws {RangeError} when there is no such channel, or `maxc` is out of range
   * @throws {ChannelLoop} when the channel is the service itself and would have no limit, unless there is `allowLoop`
   */
  limit(group: number, channel: number, maxc: number): void {
    const id = requireChannel(this.groups, group, channel), most = MAXC(maxc, "maxc");
    this.#mustNotLoop("maxc", { group, channel, address: this.groups.table.address(id), maxc: most });
    this.groups.limit(group, channel, most);
  }

  /**
   * Sets a channel's share of the clients, relative to the other channels of its group: 0, no new connections, to 256.
   *
   * @throws {TypeError} when a number is of the wrong kind
   * @throws {RangeError} when there is no such channel, or `weight` is out of range
   */
  weigh(group: number, channel: number, weight: number): void {
    requireChannel(this.groups, group, channel);
    this.groups.weigh(group, channel, WEIGHT(weight, "weight"));
  }

  /**
   * The client addresses that come back to their channels (`sticky`), in order; none without that option.
   *
   * @param address only this one: an IPv4 address, or an IPv6 address for its /64
   * @throws {TypeError} when it is not a numeric address
   */
  stickyClients(address?: string): StickyClient[] {
    return remembered(this.groups, address);
  }

  /**
   * Forgets which channel a client address had (`sticky`), so that its next connection goes where the strategy sends it.
   *
   * @param address an IPv4 address, or an IPv6 address for its /64; without it, all are forgotten
   * @returns how many were known
   * @throws {TypeError} when it is not a numeric address
   */
  forget(address?: string): number {
    return forget(this.groups, address);
  }

  /**
   * Lets clients in whom `accessRules` would refuse. The rule counts before those of the options and before
   * earlier ones of this kind, and takes the place of one about the same network. It is not saved, but survives reloads
   * and upgrades. Resolves when it holds for the next client.
   *
   * @param networks as on the command line, but without files: `10.0.0.1,10.1.0.0/16`, or `all`
   * @param options how long it lasts
   * @throws {TypeError} when a value is of the wrong kind
   * @throws {RangeError} when a network is malformed, or there are 1,024 rules of this kind already
   */
  async allow(networks: string, options: RuleOptions = {}): Promise<void> {
    await this.#rule("allow", networks, options);
  }

  /** Refuses clients; otherwise the same as `allow`. Connections that they have go on. */
  async deny(networks: string, options: RuleOptions = {}): Promise<void> {
    await this.#rule("deny", networks, options);
  }

  /**
   * Ends what `allow` and `deny` have said about these networks, and about those within them. It also forgets how fast
   * clients in them have come (`ratePerClient`), and how often limits have refused them.
   *
   * @param networks as for `allow`; without it, all rules of this kind end
   * @returns how many rules have ended
   * @throws {TypeError} when it is not a string
   * @throws {RangeError} when a network is malformed
   */
  async unban(networks?: string): Promise<number> {
    const { unban } = await import("./access/operator_access.ts");
    return unban(this, NETWORKS(networks, "networks"));
  }

  /**
   * Clients of a service with limits for each (`maxPerClient`, `ratePerClient`) that have connections or were refused:
   * first those with the most connections. None without such limits.
   *
   * @param count so many with the most connections, and so many that were refused most often. Default: all
   * @throws {TypeError} when it is not a whole number
   * @throws {RangeError} when it is below 0
   */
  clients(count?: number): ClientState[] {
    return this.access?.clients?.list(optional(CLIENTS)(count, "count")) ?? [];
  }

  /**
   * What would become of a client that came now: whether it is let in, which channels it would try in which order, and why
   * not the others. It is found out by the code that serves clients, on a copy of the state: nothing is counted, and
   * nothing changes.
   *
   * @param client its address: IPv4 or IPv6
   * @param options what it does
   * @throws {TypeError} when a value is of the wrong kind, or the address is not numeric
   * @throws {RangeError} when the service does not listen on that port, or a client that speaks no TLS asks for a name
   */
  async why(client: string, options: WhyOptions = {}): Promise<WhyState> {
    return await (await import("./explanation/why.ts")).why(this, client, options);
  }

  /**
   * Its open connections, the oldest first. No thread is asked, so clients do not notice; a hundred thousand take about a
   * second, in which the program can do other things.
   *
   * @throws {TypeError} when an option is of the wrong kind
   * @throws {RangeError} when an option is out of range, or there is no such channel
   */
  async openConnections(options: ConnectionOptions = {}): Promise<RecordState[]> {
    const { choiceOf, describeConnections } = await import("./connections/open_connections.ts");
    return await describeConnections(this, choiceOf(this, CONNECTION_OPTIONS(options, "options")));
  }

  /**
   * Closes open connections in whatever stage they are; without any option in `options`, all of them.
   *
   * @returns how many it has closed, once they are gone
   * @throws what `openConnections` throws
   */
  async closeConnections(options: ConnectionOptions): Promise<number> {
    const { choiceOf, closeConnections } = await import("./connections/open_connections.ts");
    return await closeConnections(this, choiceOf(this, CONNECTION_OPTIONS(options, "options")));
  }

  /** Who may come in, and how many were refused; undefined for a service that has always taken everybody. */
  accessState(): AccessState | undefined {
    return this.access?.state;
  }

  /** @internal The address for channels on this host: one that the source address can reach. @throws {UnknownHost} */
  async resolve(host: string): Promise<string> {
    return await resolve(HOST(host, "host"), sameFamilyAs(this.source));
  }

  /** The port of channels that have none of their own. */
  get #standardPort(): number {
    const { request } = this.draft;
    // A free port (0) is known by now.
    return hasSeveralPorts(request) ? 0 : this.address.port;
  }

  async #rule(action: Action, networks: string, options: RuleOptions): Promise<void> {
    const { seconds } = RULE_OPTIONS(options, "options"), words = HOST(networks, "networks");
    const { ruleFor } = await import("./access/operator_access.ts");
    await ruleFor(this, action, words, seconds);
  }

  #mustNotLoop(path: string, changed: ChangedChannel): void {
    if (!this.draft.options.allowLoop) requireNoLoop(path, changed, this.addresses);
  }

  #mustRun(): void {
    if (this.stopped) throw coded(new Error("Cannot add channel: the service has stopped"), "ERR_STOPPED");
  }
}
