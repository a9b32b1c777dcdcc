import type { Engine, Listener, ServiceSettings } from "../engine/engine.ts";
import { type Change, difference } from "../options/difference.ts";
import { changeLines } from "../options/change_text.ts";
import { optionList } from "../options/option_records.ts";
import type { ProcessSpec } from "../options/service_spec.ts";
import { quote } from "../log/escape.ts";
import { isWildcard } from "../table/address.ts";
import { blaming } from "./blame.ts";
import type { Draft } from "./draft.ts";
import { listenWhenFree, placeOf } from "./listen.ts";
import type { Listening } from "./loops.ts";
import { NotUndone } from "./not_undone.ts";
import type { Service } from "./service.ts";
import { standardPort } from "./service_request.ts";

/** What a reload works on. */
export interface ReloadHost {
  readonly engine: Engine;
  readonly services: readonly Service[];
  /** Serves a service, which is not yet one of `services`. */
  serve(draft: Draft, listeners: readonly Listener[]): Promise<Service>;
  /** The change is made: these are the services now, in any order. */
  become(services: readonly Service[]): void;
}

/** A service that stays, and what becomes of it. */
interface Kept {
  readonly service: Service;
  readonly draft: Draft;
  /** Where it did not listen before. */
  readonly places: readonly Listening[];
  readonly removed: readonly Listener[];
  readonly opened: Listener[];
}

/** A service that comes. */
interface Coming {
  readonly draft: Draft;
  readonly places: readonly Listening[];
  readonly opened: Listener[];
  service?: Service;
}

/** A service's socket that it needs no more. */
interface Spare {
  readonly service: Service;
  readonly listener: Listener;
}

/** One that another service needs. */
interface Moving extends Spare {
  readonly to: Kept | Coming;
}

/** A change from one description of a process to another, in steps that can be undone until the last. */
export class Reload {
  /** What changes, as the descriptions have it. */
  readonly changes: readonly Change[];
  readonly #host: ReloadHost;
  readonly #kept: readonly Kept[];
  readonly #coming: readonly Coming[];
  readonly #leaving: readonly Service[];
  /** Sockets that stay open. */
  readonly #moving: Moving[] = [];
  /** Sockets that nobody needs. */
  readonly #closing: readonly Spare[];
  /** What undoes the steps so far, the last first. */
  readonly #undo: (() => void | Promise<void>)[] = [];

  /**
   * @param before what was applied last
   * @param drafts one for each service of `next`
   * @throws {Error} when a group has no room for its channels
   */
  constructor(host: ReloadHost, before: ProcessSpec, next: ProcessSpec, drafts: readonly Draft[]) {
    this.#host = host;
    this.changes = difference(before, next).map(asPossible);
    const { services } = host, named = new Map(services.map((service) => [service.name, service]));
    const wanted = new Set(next.services.map(({ name }) => name));
    const gone = services.filter(({ name }) => !wanted.has(name)), kept: Kept[] = [], coming: Coming[] = [];
    for (const draft of drafts) {
      // One that is only called something else stays, with its sockets.
      const renamed = () => gone.find((service) => samePlaces(service, draft));
      const service = named.get(draft.request.name!) ?? renamed();
      if (service === undefined) coming.push({ draft, places: draft.places, opened: [] });
      else {
        if (gone.includes(service)) gone.splice(gone.indexOf(service), 1);
        kept.push(keeping(service, draft));
      }
    }
    this.#kept = kept;
    this.#coming = coming;
    this.#leaving = gone;
    const spare = [
      ...kept.flatMap(({ service, removed }) => removed.map((listener) => ({ service, listener }))),
      ...gone.flatMap((service) => service.served.listeners.map((listener) => ({ service, listener }))),
    ];
    const spareAt = new Map(spare.map((one) => [keyOf(placeOf(one.listener)), one]));
    for (const to of [...kept, ...coming]) {
      for (const place of to.places) {
        const one = spareAt.get(keyOf(place));
        if (one !== undefined) this.#moving.push({ ...one, to });
      }
    }
    const moving = new Set(this.#moving.map(({ listener }) => listener));
    this.#closing = spare.filter(({ listener }) => !moving.has(listener));
    this.#checkRoom();
  }

  /** What changes, in words; also addresses of names that resolve to others now. */
  get lines(): string[] {
    const moved = this.#kept.flatMap(({ service, draft }) =>
      service.groups.compare(service.draft.groups, draft.groups).flatMap((change) => {
        if (change.type !== "address-changed") return [];
        const { group, host, to } = change;
        return [`service ${quote(draft.request.name!)}: group ${group}: ${quote(host)} resolves to ${to}`];
      })
    );
    return [...changeLines(this.changes, (change) => this.#concerned(change)), ...moved];
  }

  /** Carries it out, or changes nothing. */
  async apply(): Promise<void> {
    const handedOver: Promise<void>[] = [];
    try {
      await this.#open();
      // All of them are waited for, so that none is still under way when they are undone.
      const steps = await Promise.allSettled([
        ...this.#coming.map((one) => this.#serve(one)),
        ...this.#kept.map((one) => this.#extend(one)),
      ]);
      const failed = steps.find((step) => step.status === "rejected");
      if (failed !== undefined) throw failed.reason;
      this.#checkRoom();
      // Last, so that the new service's groups are ready before its clients come.
      for (const one of this.#moving) handedOver.push(this.#handOver(one));
    } catch (error) {
      await this.#undoAll(error);
      throw error;
    }
    this.#commit();
    await Promise.all(handedOver);
  }

  /** Undoes the steps so far. @throws {NotUndone} when that fails in part; the rest is undone all the same */
  async #undoAll(cause: unknown): Promise<void> {
    const problems: string[] = [];
    for (const undo of this.#undo.reverse()) {
      try {
        await undo();
      } catch (error) {
        problems.push((error as Error).message);
      }
    }
    if (problems.length > 0) throw new NotUndone(problems, cause);
  }

  /** Opens every socket that is needed and not handed over. One whose port is still ours gets it first. */
  async #open(): Promise<void> {
    const moving = keysOf(this.#moving.map(({ listener }) => placeOf(listener)));
    const isBlocked = (place: Listening) => this.#closing.some(({ listener: { address } }) => collides(place, address));
    for (const late of [false, true]) {
      for (const { draft, places, opened: own } of [...this.#kept, ...this.#coming]) {
        for (const place of places) {
          if (moving.has(keyOf(place)) || isBlocked(place) !== late) continue;
          if (late) this.#makeWay(place);
          const listener = await this.#listen(draft, place);
          own.push(listener);
          this.#undo.push(() => closeUnlessServed(listener));
        }
      }
    }
  }

  async #listen(draft: Draft, place: Listening): Promise<Listener> {
    const { engine } = this.#host;
    try {
      // An earlier reload may have given the port up a moment ago.
      return await listenWhenFree(engine, place, draft.settings);
    } catch (error) {
      throw blaming(error, { request: draft.request, place });
    }
  }

  /** Frees the port of a socket that is to be closed anyway. */
  #makeWay(place: Listening): void {
    for (const { service, listener } of this.#closing) {
      if (!collides(place, listener.address) || !service.served.listeners.includes(listener)) continue;
      const { address } = listener, { served, draft: { settings } } = service;
      served.removeListener(listener);
      this.#undo.push(async () => served.addListener(await listenWhenFree(this.#host.engine, address, settings)));
    }
  }

  async #serve(one: Coming): Promise<void> {
    one.service = await this.#host.serve(one.draft, one.opened);
    this.#undo.push(() => one.service!.stop());
  }

  async #extend({ service, draft, opened }: Kept): Promise<void> {
    const { served } = service, { settings } = service.draft;
    for (const listener of opened) {
      await served.addListener(listener);
      this.#undo.push(() => served.removeListener(listener));
    }
    if (JSON.stringify(settings) === JSON.stringify(draft.settings)) return;
    await served.change(draft.settings);
    this.#undo.push(() => served.change(settings));
  }

  /** @throws {Error} when the kernel refuses the socket what its new service asks for */
  #handOver({ service, listener, to }: Moving): Promise<void> {
    const from = service.served, { served } = to.service!;
    try {
      const followed = from.handOver(listener, served);
      this.#undo.push(() => served.handOver(listener, from));
      return followed;
    } catch (error) {
      throw blaming(error, { request: to.draft.request, place: placeOf(listener) });
    }
  }

  /** @throws {NoRoom} when a group cannot take its channels */
  #checkRoom(): void {
    for (const { service, draft } of this.#kept) {
      try {
        service.groups.compare(service.draft.groups, draft.groups);
      } catch (error) {
        throw blaming(error, { request: draft.request });
      }
    }
  }

  /** Everything that cannot fail, at once. */
  #commit(): void {
    for (const { service, draft, removed } of this.#kept) {
      service.groups.replace(service.draft.groups, draft.groups);
      service.become(draft);
      for (const listener of removed) {
        if (service.served.listeners.includes(listener)) service.served.removeListener(listener);
      }
    }
    for (const service of this.#leaving) service.stopAccepting();
    this.#host.become([...this.#kept, ...this.#coming].map(({ service }) => service!));
  }

  /** Connections that a change takes from somewhere: they go on, and end when they end. */
  #concerned(change: Change): number | undefined {
    if (change.kind === "process option") return undefined;
    const service = this.#host.services.find(({ name }) => name === change.service);
    if (service === undefined) return undefined;
    switch (change.kind) {
      case "service removed":
        return this.#leaving.includes(service) ? service.connections : undefined;
      case "group removed":
        return currentOf(service, change.group, () => true);
      case "channel removed": {
        const { host, port = standardPort(service.draft.request) } = change.channel;
        return currentOf(service, change.group, (channel) => channel.host === host && channel.port === port);
      }
    }
  }
}

function keeping(service: Service, draft: Draft): Kept {
  const { listeners } = service.served;
  const before = keysOf(listeners.map(placeOf)), after = keysOf(draft.places);
  const places = draft.places.filter((place) => !before.has(keyOf(place)));
  const removed = listeners.filter((listener) => !after.has(keyOf(placeOf(listener))));
  const settings = changeable(service.draft.settings, draft.settings);
  return { service, draft: { ...draft, settings }, places, removed, opened: [] };
}

/** The new settings, but for those that cannot change while the service runs. */
function changeable(before: ServiceSettings, after: ServiceSettings): ServiceSettings {
  const old: Readonly<Record<string, unknown>> = { ...before };
  const fixed = optionList.filter(([key, { changeable }]) => !changeable && key in before);
  return { ...after, ...Object.fromEntries(fixed.map(([key]) => [key, old[key]])) };
}

/** A limit of the process belongs to its engine, which cannot change it. */
function asPossible(change: Change): Change {
  return change.kind === "process option" && change.key === "maxConnections"
    ? { ...change, changeable: false }
    : change;
}

function samePlaces({ served: { listeners } }: Service, { places }: Draft): boolean {
  const all = keysOf(listeners.map(placeOf));
  return listeners.length === places.length && places.every((place) => all.has(keyOf(place)));
}

/** Places as text, since a service may have thousands. */
function keysOf(places: readonly Listening[]): Set<string> {
  return new Set(places.map(keyOf));
}

function keyOf({ hostname, port }: Listening): string {
  return `${hostname} ${port}`;
}

/** Whether two sockets cannot be open at the same time. */
function collides(a: Listening, b: Listening): boolean {
  return a.port === b.port && (a.hostname === b.hostname || isWildcard(a.hostname) || isWildcard(b.hostname));
}

function closeUnlessServed(listener: Listener): void {
  try {
    listener.close();
  } catch {
    // Its service has it; that is stopped, or lets go of it.
  }
}

function currentOf(
  { groups }: Service,
  group: number,
  wanted: (channel: { readonly host: string; readonly port: number }) => boolean,
): number {
  const channels = groups.snapshot().find((one) => one.group === group)?.channels ?? [];
  return channels.filter(wanted).reduce((sum, { current }) => sum + current, 0);
}
