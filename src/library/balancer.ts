import type { AccessState, ClientState } from "../access/access_state.ts";
import type { CloseOptions } from "../engine/engine.ts";
import type { Groups } from "../groups/groups.ts";
import type { GroupSnapshot } from "../groups/snapshot.ts";
import type { StickyClient } from "../groups/sticky_clients.ts";
import type { EngineName } from "../options/engine_name.ts";
import type { Strategy } from "../selection/strategy.ts";
import { coded } from "../service/errors.ts";
import { allStrategies, guarded } from "./foreign_code.ts";
import { refuseServiceOptions, requestOf } from "./requests.ts";
import { Instance } from "../service/instance.ts";
// So that a program that embeds this needs no permission to read it.
import "../service/kept_modules.ts";
import { optional } from "../options/shape.ts";
import { BALANCER_OPTIONS, CLIENTS, SECONDS, SERVE_OPTIONS } from "../service/options/option_shapes.ts";
import type {
  BalancerOptions,
  ChannelOptions,
  ConnectionOptions,
  DisableOptions,
  RuleOptions,
  ServeOptions,
  WhyOptions,
} from "../service/options/options.ts";
import type { RecordState } from "../state/record_state.ts";
import type { Service } from "../service/service.ts";
import type { FailuresState } from "../state/failures_state.ts";
import { FailuresOnDemand } from "../views/failures/failures_on_demand.ts";
import type { WhyState } from "../state/why_state.ts";

/**
 * A running balancer: an engine, and the services that it serves.
 *
 * One that is started with a `port` serves one service from the start, and its methods act on that one.
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
 *
 * @example Several services
 * ```ts
 * import { Balancer } from "@balance/balance";
 *
 * await using balancer = await Balancer.start({});
 * const web = await balancer.serve({
 *   name: "web",
 *   port: 0,
 *   hostname: "127.0.0.1",
 *   groups: [{ channels: [{ host: "127.0.0.1", port: 9001 }, { host: "127.0.0.1", port: 9002 }] }],
 * });
 * const mail = await balancer.serve({ name: "mail", port: 0, hostname: "127.0.0.1", idleTimeout: 300 });
 * await mail.add(0, { host: "127.0.0.1", port: 9003 });
 * for (const { name, addresses } of balancer.services) console.log(name, addresses);
 * await web.drain(10);
 * ```
 */
export class Balancer implements AsyncDisposable {
  readonly #instance: Instance;
  readonly #strategies: readonly Strategy[];
  /** The service that it was started with. */
  readonly #first: Service | undefined;
  readonly #recorder: FailuresOnDemand;

  private constructor(instance: Instance, strategies: readonly Strategy[]) {
    this.#instance = instance;
    this.#strategies = strategies;
    [this.#first] = instance.services;
    this.#recorder = new FailuresOnDemand(() => instance.now());
    instance.onRecord(this.#recorder.record);
  }

  /**
   * Checks the options, starts the engine and, if there is a `port`, resolves the hosts, opens it and starts to serve.
   * Every error has a `code`; see `ErrorCode`.
   *
   * @throws {TypeError} naming the option, when a value is of the wrong kind or missing, or there is no such option
   * @throws {RangeError} naming the option, when there are too many groups or channels, a number is out of range, or a
   * strategy or engine is unknown
   * @throws {UnknownHost} when a host does not resolve
   * @throws {ChannelLoop} when a channel without a limit is the service itself, unless there is `allowLoop`
   * @throws {EngineUnavailable} when the requested engine cannot run here, or not with these options
   * @throws {Deno.errors.NotCapable} when Deno lacks a permission that this needs
   * @throws {Error} with a `code` such as EADDRINUSE when a port cannot be opened
   */
  static async start(options: BalancerOptions): Promise<Balancer> {
    const checked = BALANCER_OPTIONS(options, ""), { port, threads, onEvent, onConnection, onChunk } = checked;
    const emit = onEvent && guarded(onEvent);
    const own = await allStrategies(
      checked.strategies ?? [],
      (name, reason) => emit?.({ type: "strategy-failed", name, reason }),
    );
    const list = own.strategies;
    // The limit is the process's: it holds for all services together.
    const requests = port === undefined ? [] : [requestOf({ ...checked, port, maxConnections: undefined }, list)];
    if (port === undefined) refuseServiceOptions(checked);
    const telling = onConnection && await tellingOfConnections(guarded(onConnection));
    const instance = await Instance.start({
      engine: checked.engine ?? "auto",
      threads: typeof threads === "number" ? threads : 1,
      trace: checked.trace ?? false,
      maxConnections: checked.maxConnections,
      resolver: checked.resolver,
      ...checked.strategies === undefined ? {} : own,
      onEvent: emit,
      records: onConnection !== undefined,
      tap: onChunk && guarded(onChunk),
    }, requests);
    telling?.(instance);
    return new Balancer(instance, list);
  }

  /** The services that accept clients, in the order in which they were added. */
  get services(): readonly Service[] {
    return this.#instance.services;
  }

  /** The service of this name; undefined if there is none. */
  service(name: string): Service | undefined {
    return this.#instance.service(name);
  }

  /**
   * Serves one more service, on ports of its own. It is served until it is stopped or drained.
   *
   * @throws {TypeError} naming the option, when a value is of the wrong kind or missing, or there is no such option
   * @throws {RangeError} naming the option, when there are too many groups or channels, a number is out of range, or a
   * strategy is unknown
   * @throws {UnknownHost} when a host does not resolve
   * @throws {ChannelLoop} when a channel without a limit is the service itself, unless there is `allowLoop`
   * @throws {EngineUnavailable} when the balancer's engine lacks an option
   * @throws {Deno.errors.NotCapable} when Deno lacks a permission that this needs
   * @throws {Error} with a `code`: ERR_SERVICE_EXISTS when another service has that name, ERR_STOPPED when the balancer
   * has stopped, or such as EADDRINUSE when a port cannot be opened
   */
  async serve(options: ServeOptions): Promise<Service> {
    return await this.#instance.add(requestOf(SERVE_OPTIONS(options, ""), this.#strategies));
  }

  /** @internal Groups and channels of the service that it was started with. */
  get groups(): Groups {
    return this.#only.groups;
  }

  /** Where it listens; the first place if there are several. */
  get address(): { readonly hostname: string; readonly port: number } {
    return this.#only.address;
  }

  /** Numeric source address of connections to channels, if one was set. */
  get source(): string | undefined {
    return this.#only.source;
  }

  /** Which engine moves the bytes. */
  get engine(): EngineName {
    return this.#instance.engine;
  }

  /** Why this engine was chosen. */
  get engineReason(): string {
    return this.#instance.engineReason;
  }

  /** Threads that move bytes. */
  get threads(): number {
    return this.#instance.threads;
  }

  /** Client connections of all services at this moment. */
  get connections(): number {
    return this.#instance.connections;
  }

  /**
   * The last 1,000 connections of all services that did not end well, the newest last, and how many there have been. When
   * there were more, the oldest of the most frequent kind (service, channel and end) has made room for the latest.
   *
   * @param count how many of them. Default: all
   * @throws {TypeError} when it is not a whole number
   * @throws {RangeError} when it is below 0
   */
  async failures(count?: number): Promise<FailuresState> {
    const most = optional(CLIENTS)(count, "count");
    await this.#instance.catchUp();
    const { services, lostRecords } = this.#instance;
    return await this.#recorder.state({ most }, services, lostRecords);
  }

  /** Resolves when it has stopped and the last connection is gone. */
  get ended(): Promise<void> {
    return this.#instance.ended;
  }

  /** `Service.show` of the service that it was started with. */
  show(): GroupSnapshot[] {
    return this.#only.show();
  }

  /** `Service.add` to the service that it was started with. */
  async add(group: number, channel: ChannelOptions): Promise<number> {
    return await this.#only.add(group, channel);
  }

  /** `Service.disable` for the service that it was started with. */
  disable(group: number, channel: number, options: DisableOptions = {}): void {
    this.#only.disable(group, channel, options);
  }

  /** `Service.drainChannel` for the service that it was started with. */
  async drainChannel(group: number, channel: number, seconds?: number): Promise<number> {
    return await this.#only.drainChannel(group, channel, seconds);
  }

  /** `Service.closeChannel` for the service that it was started with. */
  async closeChannel(group: number, channel: number, options: CloseOptions = {}): Promise<number> {
    return await this.#only.closeChannel(group, channel, options);
  }

  /** `Service.enable` for the service that it was started with. */
  enable(group: number, channel: number): void {
    this.#only.enable(group, channel);
  }

  /** `Service.limit` for the service that it was started with. */
  limit(group: number, channel: number, maxc: number): void {
    this.#only.limit(group, channel, maxc);
  }

  /** `Service.weigh` for the service that it was started with. */
  weigh(group: number, channel: number, weight: number): void {
    this.#only.weigh(group, channel, weight);
  }

  /** `Service.clients` of the service that it was started with. */
  clients(count?: number): ClientState[] {
    return this.#only.clients(count);
  }

  /** `Service.stickyClients` of the service that it was started with. */
  stickyClients(address?: string): StickyClient[] {
    return this.#only.stickyClients(address);
  }

  /** `Service.forget` for the service that it was started with. */
  forget(address?: string): number {
    return this.#only.forget(address);
  }

  /** `Service.allow` for the service that it was started with. */
  async allow(networks: string, options?: RuleOptions): Promise<void> {
    await this.#only.allow(networks, options);
  }

  /** `Service.deny` for the service that it was started with. */
  async deny(networks: string, options?: RuleOptions): Promise<void> {
    await this.#only.deny(networks, options);
  }

  /** `Service.unban` for the service that it was started with. */
  async unban(networks?: string): Promise<number> {
    return await this.#only.unban(networks);
  }

  /** `Service.why` of the service that it was started with. */
  async why(client: string, options?: WhyOptions): Promise<WhyState> {
    return await this.#only.why(client, options);
  }

  /** `Service.openConnections` of the service that it was started with. */
  async openConnections(options?: ConnectionOptions): Promise<RecordState[]> {
    return await this.#only.openConnections(options);
  }

  /** `Service.closeConnections` of the service that it was started with. */
  async closeConnections(options: ConnectionOptions): Promise<number> {
    return await this.#only.closeConnections(options);
  }

  /** `Service.accessState` of the service that it was started with. */
  accessState(): AccessState | undefined {
    return this.#only.accessState();
  }

  /** @internal */
  async resolve(host: string): Promise<string> {
    return await this.#only.resolve(host);
  }

  /** Leaves new clients of all services in the kernel's queues until `resumeAccepting`; connections continue. */
  pauseAccepting(): void {
    this.#instance.pauseAccepting();
  }

  /** Accepts clients again, those in the queues first. */
  resumeAccepting(): void {
    this.#instance.resumeAccepting();
  }

  /** Stops accepting and frees all ports at once; existing connections continue. */
  stopAccepting(): void {
    this.#instance.stopAccepting();
  }

  /**
   * Stops accepting, gives connections `seconds` to end, then closes those that are left and returns their number.
   *
   * @throws {TypeError} when `seconds` is not a number
   * @throws {RangeError} when it is not from 0 to 2,147,483,647
   */
  async drain(seconds: number): Promise<number> {
    return await this.#instance.drain(SECONDS(seconds, "seconds"));
  }

  /** Stops accepting and closes every connection. */
  async stop(): Promise<void> {
    await this.#instance.stop();
  }

  /** The same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #only(): Service {
    if (this.#first !== undefined) return this.#first;
    const message = "Cannot tell which service is meant: the balancer was started without a port";
    throw coded(new Error(message), "ERR_NO_SUCH_SERVICE");
  }
}

/** What gives a callback the records of an instance's connections, as viewers see them. */
async function tellingOfConnections(tell: (connection: RecordState) => void): Promise<(instance: Instance) => void> {
  const { describeRecord, endedAt } = await import("../views/records/describe.ts");
  return (instance) =>
    void instance.onRecord((record, service) => tell(describeRecord(record, service, endedAt(record, instance.now()))));
}
