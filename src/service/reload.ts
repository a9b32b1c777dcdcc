import type { Engine, Listener, ServiceSettings } from "../engine/engine.ts";
import { type Change, difference } from "../options/difference.ts";
import { changeLines } from "../options/change_text.ts";
import { optionList } from "../options/option_records.ts";
import type { ProcessSpec } from "../options/service_spec.ts";
import { quote } from "../log/escape.ts";
import { isWildcard } from "../table/address.ts";
import { blaming } from "./blame.ts";
import type { Draft } from "./draft.ts";
import { listenWhenFree } from "./listen.ts";
import type { Listening } from "./loops.ts";
import type { Service } from "./service.ts";
import { standardPort } from "./service_request.ts";

/** What a reload works on. */
export interface ReloadHost {
  readonly engine: Engine;
  readonly services: readonly Service[];
  /** Serves a service, which is not yet one of `services`. */
  serve(draft: Draft, listeners: readonly Listener[]): Promise<Service>;
}

/** A service that stays, and what becomes of it. */
interface Kept {
  readonly service: Service;
  readonly draft: Draft;
  readonly added: readonly Listening[];
  readonly removed: readonly Listener[];
  readonly opened: Listener[];
}

/** A service that comes. */
interface Coming {
  readonly draft: Draft;
  readonly opened: Listener[];
  service?: Service;
}

/** A reload that failed, its `cause`, could not be undone in every part: a port may be closed that was open before. */
export class NotUndone extends Error {
  override readonly name = "NotUndone";
  /** What went wrong. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[], cause: unknown) {
    super(`Cannot undo reload: ${problems.join("; ")}`, { cause });
    this.problems = problems;
  }
}

/** A change from one description of a process to another, in steps that can be undone until the last. */
export class Reload {
  /** What changes, as the descriptions have it. */
  readonly changes: readonly Change[];
  readonly #host: ReloadHost;
  readonly #kept: readonly Kept[];
  readonly #coming: readonly Coming[];
  readonly #leaving: readonly Service[];
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
      if (service === undefined) coming.push({ draft, opened: [] });
      else {
        if (gone.includes(service)) gone.splice(gone.indexOf(service), 1);
        kept.push(keeping(service, draft));
      }
    }
    this.#kept = kept;
    this.#coming = coming;
    this.#leaving = gone;
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

  /** Carries it out, or changes nothing. @returns the services in the order of the description */
  async apply(): Promise<Service[]> {
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
    } catch (error) {
      await this.#undoAll(error);
      throw error;
    }
    return this.#commit();
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

  /** Opens every socket that is needed. One whose port is still ours gets it first. */
  async #open(): Promise<void> {
    const closing = [
      ...this.#kept.flatMap(({ service, removed }) => removed.map((listener) => ({ service, listener }))),
      ...this.#leaving.flatMap((service) => service.served.listeners.map((listener) => ({ service, listener }))),
    ];
    const all = [
      ...this.#kept.map(({ draft, added, opened }) => ({ draft, places: added, opened })),
      ...this.#coming.map(({ draft, opened }) => ({ draft, places: draft.places, opened })),
    ];
    const isBlocked = (place: Listening) => closing.some(({ listener: { address } }) => collides(place, address));
    for (const late of [false, true]) {
      for (const { draft, places, opened: own } of all) {
        for (const place of places) {
          if (isBlocked(place) !== late) continue;
          if (late) this.#makeWay(place, closing);
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
  #makeWay(place: Listening, closing: readonly { service: Service; listener: Listener }[]): void {
    for (const { service, listener } of closing) {
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
  #commit(): Service[] {
    for (const { service, draft, removed } of this.#kept) {
      service.groups.replace(service.draft.groups, draft.groups);
      service.become(draft);
      for (const listener of removed) {
        if (service.served.listeners.includes(listener)) service.served.removeListener(listener);
      }
    }
    for (const service of this.#leaving) service.stopAccepting();
    const all = [...this.#kept, ...this.#coming];
    const named = new Map(all.map(({ draft, service }) => [draft.request.name, service!]));
    return [...named.values()];
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
  const before = keysOf(listeners.map(({ address }) => address)), after = keysOf(draft.places);
  const added = draft.places.filter((place) => !before.has(keyOf(place)));
  const removed = listeners.filter(({ address }) => !after.has(keyOf(address)));
  const settings = changeable(service.draft.settings, draft.settings);
  return { service, draft: { ...draft, settings }, added, removed, opened: [] };
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

function samePlaces({ addresses }: Service, { places }: Draft): boolean {
  const all = keysOf(addresses);
  return addresses.length === places.length && places.every((place) => all.has(keyOf(place)));
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
