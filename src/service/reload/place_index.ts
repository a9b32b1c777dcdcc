import { isWildcard } from "../../table/address.ts";
import type { Listening } from "../drafts/loops.ts";

/** A place as text, to find equal ones: a service may have thousands. */
export function placeKey({ hostname, port }: Listening): string {
  return `${hostname} ${port}`;
}

/** The same for several places. */
export function placeKeys(places: readonly Listening[]): Set<string> {
  return new Set(places.map(placeKey));
}

/**
 * All places of a service as text, the same in whatever order they stand. No two services have the same, so this says
 * which one it is when its name has changed.
 */
export function allPlaces(places: readonly Listening[]): string {
  return places.map(placeKey).sort().join("\n");
}

/** What is open on one port. */
interface OnPort<T> {
  readonly all: T[];
  readonly wildcards: T[];
  readonly byHost: Map<string, T[]>;
}

/** Things by the places where they are, to find those that a socket cannot be open beside. */
export class PlaceIndex<T> {
  readonly #ports = new Map<number, OnPort<T>>();

  /** @param placeOf where a thing is */
  constructor(things: readonly T[], placeOf: (thing: T) => Listening) {
    for (const thing of things) {
      const { hostname, port } = placeOf(thing);
      let on = this.#ports.get(port);
      if (on === undefined) this.#ports.set(port, on = { all: [], wildcards: [], byHost: new Map() });
      on.all.push(thing);
      if (isWildcard(hostname)) on.wildcards.push(thing);
      else if (!on.byHost.get(hostname)?.push(thing)) on.byHost.set(hostname, [thing]);
    }
  }

  /** Those that a socket collides with: on the same port, at the same address or where one of the two has any. */
  colliding({ hostname, port }: Listening): readonly T[] {
    const on = this.#ports.get(port);
    if (on === undefined) return [];
    return isWildcard(hostname) ? on.all : [...on.wildcards, ...on.byHost.get(hostname) ?? []];
  }
}
