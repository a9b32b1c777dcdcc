import type { Engine, Listener } from "../../engine/engine.ts";
import type { Change } from "../../options/difference.ts";
import type { ProcessSpec } from "../../options/service_spec.ts";
import type { ProcessValues } from "../../options/values.ts";
import { accessOf } from "../access/access_on_demand.ts";
import { blaming } from "../blame.ts";
import type { Draft } from "../drafts/draft.ts";
import { listenWhenFree, placeOf } from "../drafts/listen.ts";
import type { Listening } from "../drafts/loops.ts";
import { PlaceIndex, placeKey, placeKeys } from "./place_index.ts";
import { changesTo, linesOf } from "./reload_changes.ts";
import { type Coming, type Kept, type Moving, planReload, type ReloadPlan, type Spare } from "./reload_plan.ts";
import type { Service } from "../service.ts";
import { settled } from "../drafts/settled.ts";
import { stickinessOf } from "../sticky/stickiness.ts";
import { Undo } from "./undo.ts";

/** Milliseconds between looks at a queue that is to be empty, and how many there are. */
const PAUSE = 1, ATTEMPTS = 50;

/** What a reload works on. */
export interface ReloadHost {
  readonly engine: Engine;
  readonly services: readonly Service[];
  /** Options of the process that hold. */
  readonly values: ProcessValues;
  /** What a service is to become, with its channels in step with what names stand for now. */
  inStep(service: Service, draft: Draft): Draft;
  /** Serves a service, which is not yet one of `services`. */
  serve(draft: Draft, listeners: readonly Listener[]): Promise<Service>;
  /** The change is made: these are the services now, in any order. */
  become(services: readonly Service[]): void;
}

/** A change from what a process runs to another description of it, in steps that can be undone until the last. */
export class Reload {
  /** What changes, as the descriptions have it. */
  readonly changes: readonly Change[];
  readonly #host: ReloadHost;
  readonly #plan: ReloadPlan;
  /** Sockets that nobody needs, by their places. */
  readonly #closing: PlaceIndex<Spare>;
  /** Those of them that have been closed to make way. */
  readonly #closed = new Set<Listener>();
  readonly #undo = new Undo();

  /**
   * @param drafts one for each service of `next`
   * @throws {Error} when a group has no room for its channels
   */
  constructor(host: ReloadHost, next: ProcessSpec, drafts: readonly Draft[]) {
    this.#host = host;
    this.#plan = planReload(host.services, drafts);
    this.#bringIntoStep();
    this.#closing = new PlaceIndex(this.#plan.closing, ({ listener }) => listener.address);
    // Also checks that every group has room.
    this.changes = changesTo(next, host.values, host.services, this.#plan);
  }

  /** What changes, in words; also addresses of names that resolve to others now. */
  get lines(): string[] {
    return linesOf(this.changes, this.#plan);
  }

  /** How many sockets it opens. */
  get opening(): number {
    const { kept, coming, moving } = this.#plan;
    return [...kept, ...coming].reduce((sum, { places }) => sum + places.length, 0) - moving.length;
  }

  /** Carries it out, or changes nothing. */
  async apply(): Promise<void> {
    const handedOver: Promise<void>[] = [], { kept, coming, moving } = this.#plan;
    try {
      await this.#open();
      // All of them are waited for, so that none is still under way when they are undone.
      await settled<unknown>([
        ...coming.map((one) => this.#serve(one)),
        ...kept.map((one) => this.#extend(one)),
      ]);
      await this.#emptied();
      // From here on nobody else runs: operators might take the room, and names change.
      this.#bringIntoStep();
      this.#checkRoom();
      // Last, so that the new service's groups are ready before its clients come.
      for (const one of moving) handedOver.push(this.#handOver(one));
    } catch (error) {
      await this.#undo.all(error);
      throw error;
    }
    this.#commit();
    await Promise.all([...handedOver, ...kept.map((one) => this.#forgetConditions(one))]);
  }

  #bringIntoStep(): void {
    for (const one of this.#plan.kept) one.draft = this.#host.inStep(one.service, one.draft);
  }

  /** Opens every socket that is needed and not handed over; last, those in whose way sockets are that are to be closed. */
  async #open(): Promise<void> {
    const { kept, coming, moving } = this.#plan,
      handedOver = placeKeys(moving.map(({ listener }) => placeOf(listener)));
    const isBlocked = (place: Listening) => this.#closing.colliding(place).length > 0;
    for (const late of [false, true]) {
      for (const { draft, places, opened: own } of [...kept, ...coming]) {
        for (const place of places) {
          if (handedOver.has(placeKey(place)) || isBlocked(place) !== late) continue;
          const listener = (late ? this.#listenBeside(draft, place) : undefined) ?? await this.#listen(draft, place);
          own.push(listener);
          this.#undo.add(() => closeUnlessServed(listener));
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

  /** Opens a socket beside those that are to be closed; undefined, and they are closed, where that cannot be. */
  #listenBeside({ settings }: Draft, place: Listening): Listener | undefined {
    const others = this.#closing.colliding(place).map(({ listener }) => listener)
      .filter((listener) => !this.#closed.has(listener));
    try {
      return this.#host.engine.listen(place, settings, others);
    } catch {
      // The next attempt says what is wrong, if anything is.
      this.#makeWay(place);
      return undefined;
    }
  }

  /** Waits a little for a moment in which no client is in the queue of a socket that is to be closed. */
  async #emptied(): Promise<void> {
    const left = this.#plan.closing.map(({ listener }) => listener).filter((listener) => !this.#closed.has(listener));
    for (let attempt = 0; attempt < ATTEMPTS && left.some(({ queued = 0 }) => queued > 0); attempt++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** Frees the port of a socket that is to be closed anyway. */
  #makeWay(place: Listening): void {
    for (const { service, listener } of this.#closing.colliding(place)) {
      if (this.#closed.has(listener)) continue;
      const { address } = listener, { served, draft: { settings } } = service;
      served.removeListener(listener);
      this.#closed.add(listener);
      this.#undo.add(async () => served.addListener(await listenWhenFree(this.#host.engine, address, settings)));
    }
  }

  async #serve(one: Coming): Promise<void> {
    one.service = await this.#host.serve(one.draft, one.opened);
    // Clients that it has accepted by then are still served.
    this.#undo.add(() => one.service!.stopAccepting());
  }

  async #extend(kept: Kept): Promise<void> {
    const { service, draft, opened } = kept, { served, groups } = service, { settings } = service.draft;
    for (const listener of opened) {
      await served.addListener(listener);
      this.#undo.add(() => served.removeListener(listener));
    }
    kept.sticky = await stickinessOf(draft, groups);
    service.access = await accessOf(draft, groups.table.lanes, service.access);
    const news = draft.networks !== undefined && groups.conditions.learn(draft.networks);
    const known = groups.conditionNumbers().size === groups.conditionNumbers(draft.groups).size;
    const same = !news && known && JSON.stringify(settings) === JSON.stringify(draft.settings);
    if (same && !await accessDiffers(service.draft, draft)) return;
    this.#undo.add(() => service.give(service.draft, groups.sticky));
    await service.give(draft, kept.sticky);
  }

  /** Threads need not know any more which clients groups were for. */
  async #forgetConditions({ service: { groups, draft }, service }: Kept): Promise<void> {
    if (groups.conditions.keep(groups.conditionNumbers(draft.groups))) await service.give(draft, groups.sticky);
  }

  /** @throws {Error} when the kernel refuses the socket what its new service asks for */
  #handOver({ service, listener, to }: Moving): Promise<void> {
    const from = service.served, { served } = to.service!;
    try {
      const followed = from.handOver(listener, served);
      this.#undo.add(() => served.handOver(listener, from));
      return followed;
    } catch (error) {
      throw blaming(error, { request: to.draft.request, place: placeOf(listener) });
    }
  }

  /** @throws {NoRoom} when a group cannot take its channels */
  #checkRoom(): void {
    for (const { service, draft } of this.#plan.kept) {
      try {
        service.groups.compare(service.draft.groups, draft.groups);
      } catch (error) {
        throw blaming(error, { request: draft.request });
      }
    }
  }

  /** Everything that cannot fail, at once. */
  #commit(): void {
    const { kept, coming, leaving, moving } = this.#plan, moved = new Set(moving.map(({ listener }) => listener));
    for (const { service, draft, removed, sticky } of kept) {
      service.groups.replace(service.draft.groups, draft.groups);
      service.become(draft);
      service.remember(sticky);
      for (const listener of removed) {
        if (!moved.has(listener) && !this.#closed.has(listener)) service.served.removeListener(listener);
      }
    }
    for (const service of leaving) service.stopAccepting();
    this.#host.become([...kept, ...coming].map(({ service }) => service!));
  }
}

/** Whether other clients may come in. */
async function accessDiffers(before: Draft, after: Draft): Promise<boolean> {
  if (before.access === undefined && after.access === undefined) return false;
  const { sameAccess } = await import("../access/drafted_access.ts");
  return !sameAccess(before.access, after.access);
}

function closeUnlessServed(listener: Listener): void {
  try {
    listener.close();
  } catch {
    // Its service has it; that is stopped, or lets go of it.
  }
}
