import type { Listener } from "../../engine/engine.ts";
import { valuesInForce } from "../../options/values_in_force.ts";
import type { StickyClients } from "../../groups/sticky_clients.ts";
import type { Draft } from "../drafts/draft.ts";
import { placeOf } from "../drafts/listen.ts";
import type { Listening } from "../drafts/loops.ts";
import { allPlaces, placeKey, placeKeys } from "./place_index.ts";
import type { Service } from "../service.ts";

/** A service that stays, and what becomes of it. */
export interface Kept {
  readonly service: Service;
  draft: Draft;
  /** Where it did not listen before. */
  readonly places: readonly Listening[];
  readonly removed: readonly Listener[];
  readonly opened: Listener[];
  /** The clients that it is to remember, once that is known. */
  sticky?: StickyClients;
}

/** A service that comes. */
export interface Coming {
  readonly draft: Draft;
  readonly places: readonly Listening[];
  readonly opened: Listener[];
  service?: Service;
}

/** A service's socket that it needs no more. */
export interface Spare {
  readonly service: Service;
  readonly listener: Listener;
}

/** One that another service needs. */
export interface Moving extends Spare {
  readonly to: Kept | Coming;
}

/** What a reload does with services and sockets. */
export interface ReloadPlan {
  readonly kept: readonly Kept[];
  readonly coming: readonly Coming[];
  readonly leaving: readonly Service[];
  /** Sockets that stay open. */
  readonly moving: readonly Moving[];
  /** Sockets that nobody needs. */
  readonly closing: readonly Spare[];
}

/**
 * Plans how services become others. They are matched by name; one that is only called something else, and listens where
 * it did, stays as well.
 *
 * @param drafts one for each service that there is to be
 */
export function planReload(services: readonly Service[], drafts: readonly Draft[]): ReloadPlan {
  const named = new Map(services.map((service) => [service.name, service]));
  const wanted = new Set(drafts.map(({ request }) => request.name));
  const gone = new Set(services.filter(({ name }) => !wanted.has(name)));
  const renamed = new Map([...gone].map((service) => [allPlaces(service.served.listeners.map(placeOf)), service]));
  const kept: Kept[] = [], coming: Coming[] = [];
  for (const draft of drafts) {
    const service = named.get(draft.request.name!) ??
      (gone.size > 0 ? renamed.get(allPlaces(draft.places)) : undefined);
    if (service === undefined) coming.push({ draft, places: draft.places, opened: [] });
    else {
      gone.delete(service);
      kept.push(keeping(service, draft));
    }
  }
  const spare = [
    ...kept.flatMap(({ service, removed }) => removed.map((listener) => ({ service, listener }))),
    ...[...gone].flatMap((service) => service.served.listeners.map((listener) => ({ service, listener }))),
  ];
  const spareAt = new Map(spare.map((one) => [placeKey(placeOf(one.listener)), one])), moving: Moving[] = [];
  for (const to of [...kept, ...coming]) {
    for (const place of to.places) {
      const one = spareAt.get(placeKey(place));
      if (one !== undefined) moving.push({ ...one, to });
    }
  }
  const moved = new Set(moving.map(({ listener }) => listener));
  return { kept, coming, leaving: [...gone], moving, closing: spare.filter(({ listener }) => !moved.has(listener)) };
}

function keeping(service: Service, draft: Draft): Kept {
  const { draft: before, served: { listeners } } = service;
  const old = placeKeys(listeners.map(placeOf)), now = placeKeys(draft.places);
  const places = draft.places.filter((place) => !old.has(placeKey(place)));
  const removed = listeners.filter((listener) => !now.has(placeKey(placeOf(listener))));
  const settings = valuesInForce(before.settings, draft.settings);
  const values = valuesInForce(before.values, draft.values);
  return { service, draft: { ...draft, settings, values }, places, removed, opened: [] };
}
