import type { ServedService, ServiceSettings } from "../engine/engine.ts";
import type { Groups } from "../groups/groups.ts";
import type { StickyClients } from "../groups/sticky_clients.ts";
import type { PortRange } from "../options/port_ranges.ts";
import type { ServiceAccess } from "./access/service_access.ts";
import type { Draft } from "./drafts/draft.ts";
import { settingsWith } from "./drafts/engine_settings.ts";
import { drain } from "./draining/drain.ts";
import { SECONDS } from "./options/option_shapes.ts";
import { remember } from "./sticky/remembered_clients.ts";

/** What a running service is made of. */
export interface RunningParts {
  readonly name: string;
  readonly draft: Draft;
  readonly groups: Groups;
  /** How the engine serves it. */
  readonly served: ServedService;
  /** Who may come in. Default: everybody */
  readonly access?: ServiceAccess;
  /** Which clients come back to their channels. Default: none */
  readonly sticky?: StickyClients;
  /** Called when it accepts no more clients; perhaps repeatedly. */
  readonly stopping: () => void;
}

/** A service that an engine serves: where it listens, what its threads have been given, and how it ends. */
export class RunningService implements AsyncDisposable {
  /** @internal Groups and channels, for the control plane. */
  readonly groups: Groups;
  /** @internal How the engine serves it. */
  readonly served: ServedService;
  /** @internal Who may come in; undefined as long as everybody may. */
  access: ServiceAccess | undefined;
  /** @internal Why clients of all services wait in the kernel's queues at this moment, in words. */
  held: () => readonly string[] = () => [];
  #name: string;
  #draft: Draft;
  /** What threads have been given, or are being given: in the middle of a reload, what the service is to become. */
  #given: { readonly draft: Draft; readonly sticky: StickyClients | undefined };
  readonly #stopping: () => void;
  #stopped = false;
  #ended = false;

  /** @internal `Instance` makes services. */
  constructor({ name, draft, groups, served, access, sticky, stopping }: RunningParts) {
    this.#name = name;
    this.groups = groups;
    this.access = access;
    this.#draft = draft;
    this.#given = { draft, sticky };
    this.served = served;
    this.#stopping = stopping;
    served.ended.then(() => {
      this.#stop();
      this.access?.stop();
      this.#ended = true;
      this.remember(undefined);
    });
    this.remember(sticky);
  }

  /** What operators call it. */
  get name(): string {
    return this.#name;
  }

  /** Where it listens; the first place if there are several. */
  get address(): { readonly hostname: string; readonly port: number } {
    // There is none for a moment when a reload gives its only port to another socket.
    return (this.served.listeners.at(0) ?? { address: this.#draft.places[0] }).address;
  }

  /** Everywhere it listens. */
  get addresses(): readonly { readonly hostname: string; readonly port: number }[] {
    return this.served.listeners.map(({ address }) => address);
  }

  /** @internal Numeric addresses it listens on. */
  get hostnames(): readonly string[] {
    return [...new Set(this.#draft.places.map(({ hostname }) => hostname))];
  }

  /** @internal Ports it listens on at each of them, in the order they were given. */
  get ports(): readonly PortRange[] {
    const { request: { ports } } = this.#draft, { port } = this.address;
    return ports[0].first !== 0 ? ports : [{ first: port, last: port, word: String(port) }];
  }

  /** Numeric source address of connections to channels, if one was set. */
  get source(): string | undefined {
    return this.#draft.settings.source;
  }

  /** @internal What it was made of. */
  get draft(): Draft {
    return this.#draft;
  }

  /** @internal A reload has made it this. */
  become(draft: Draft): void {
    this.#name = draft.request.name ?? this.#name;
    this.#draft = draft;
    this.#given = { draft, sticky: this.#given.sticky };
  }

  /** @internal Gives threads the settings of a draft. Resolves when every thread has them. */
  async give(draft: Draft, sticky: StickyClients | undefined): Promise<void> {
    this.#given = { draft, sticky };
    await this.served.change(this.settings);
  }

  /** @internal What threads have been given, or are being given. */
  get settings(): ServiceSettings {
    const { draft, sticky } = this.#given;
    return settingsWith(draft, this.groups, sticky, this.access);
  }

  /** @internal The draft that this was made of. */
  get given(): Draft {
    return this.#given.draft;
  }

  /** @internal Gives threads anew who may come in. @param draft the service's own, with other access. Default: as it is */
  async giveAccess(draft?: Draft): Promise<void> {
    if (draft !== undefined) this.become(draft);
    await this.give(this.#given.draft, this.#given.sticky);
  }

  /** @internal From now on it remembers these clients. */
  remember(clients: StickyClients | undefined): void {
    remember(this.groups, this.#ended ? undefined : clients, this.#draft.options.sticky);
  }

  /** Client connections at this moment. */
  get connections(): number {
    return this.served.connections;
  }

  /** @internal Why its new clients wait in the kernel's queue at this moment, in words: the whole process's reasons, and its own. */
  get delays(): readonly string[] {
    const { connections, draft: { settings: { maxConnections: most } } } = this, all = this.held();
    if (most === undefined || connections < most) return all;
    return [...all, `the service has ${connections} of ${most} connections (--max-connections)`];
  }

  /** Resolves when it has stopped and its last connection is gone. */
  get ended(): Promise<void> {
    return this.served.ended;
  }

  /** @internal Whether it accepts no more clients. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Leaves new clients in the kernel's queue until `resumeAccepting`; existing connections continue. */
  pauseAccepting(): void {
    this.served.pauseAccepting();
  }

  /** Accepts clients again, those in the queue first. */
  resumeAccepting(): void {
    this.served.resumeAccepting();
  }

  /** Stops accepting and frees the ports at once; existing connections continue. */
  stopAccepting(): void {
    this.#stop();
    this.served.stopAccepting();
  }

  /**
   * Stops accepting, gives connections `seconds` to end, then closes those that are left and returns their number.
   *
   * @throws {TypeError} when `seconds` is not a number
   * @throws {RangeError} when it is not from 0 to 2,147,483,647
   */
  async drain(seconds: number): Promise<number> {
    return await drain(this, SECONDS(seconds, "seconds"));
  }

  /** Stops accepting and closes its connections. */
  async stop(): Promise<void> {
    this.stopAccepting();
    this.served.closeAll();
    await this.ended;
  }

  /** The same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #stop(): void {
    this.#stopped = true;
    this.#stopping();
  }
}
