import type { Engine, Listener, ServiceSettings } from "../../engine/engine.ts";
import { closeDescriptor } from "../../process/inheritable.ts";
import { type InheritedSocket, matchSockets, UnusableSocket } from "../../process/match_sockets.ts";
import { blaming } from "../blame.ts";
import type { Draft } from "./draft.ts";
import { coded } from "../errors.ts";
import type { Listening } from "./loops.ts";

/**
 * Opens the sockets of a service, all or none.
 *
 * @throws {Error} with a `code` such as EADDRINUSE when one cannot be opened
 */
export function listenAll(engine: Engine, draft: Draft, inherited: InheritedPlaces = new Map()): Listener[] {
  const { request, places, settings } = draft;
  const open = (place: Listening) => {
    const socket = inherited.get(place);
    if (socket === undefined) return engine.listen(place, settings);
    const listener = adopt(engine, socket, settings);
    adoptedFor.set(listener, place);
    return listener;
  };
  return openAll(places, open, (error, place) => blaming(error, { request, place }));
}

/** The places of adopted sockets, which may listen elsewhere: on `::` in place of `0.0.0.0`, for instance. */
const adoptedFor = new WeakMap<Listener, Listening>();

/** The place that a socket was opened or adopted for. */
export function placeOf(listener: Listener): Listening {
  return adoptedFor.get(listener) ?? listener.address;
}

/** The inherited socket of each place that has one. */
export type InheritedPlaces = ReadonlyMap<Listening, InheritedSocket>;

/** Finds the places of inherited sockets, and closes those that need none. @throws {UnusableSocket} naming one that belongs nowhere */
export function inheritedPlaces(drafts: readonly Draft[], sockets: readonly InheritedSocket[]): InheritedPlaces {
  const all = drafts.flatMap(({ request, places }) =>
    places.map((place) => ({ ...place, place, service: request.name ?? String(place.port) }))
  );
  const found = matchSockets(all, sockets);
  for (const socket of sockets) if (!found.includes(socket)) closeDescriptor(socket.descriptor);
  return new Map(all.flatMap(({ place }, i) => found[i] === undefined ? [] : [[place, found[i]]]));
}

function adopt(engine: Engine, { descriptor }: InheritedSocket, settings: ServiceSettings): Listener {
  if (engine.adopt !== undefined) return engine.adopt(descriptor, settings);
  throw new UnusableSocket(
    `Cannot use descriptor ${descriptor}: the ${engine.name} engine takes over no listening sockets`,
  );
}

function openAll(
  places: readonly Listening[],
  open: (place: Listening) => Listener,
  failed: (error: unknown, place: Listening) => unknown,
): Listener[] {
  const opened: Listener[] = [];
  for (const place of places) {
    try {
      opened.push(open(place));
    } catch (error) {
      for (const listener of opened) listener.close();
      throw failed(withCode(error), place);
    }
  }
  return opened;
}

/** Gives a missing permission the library's code. */
export function withCode(error: unknown): unknown {
  return error instanceof Deno.errors.NotCapable ? coded(error, "ERR_PERMISSION") : error;
}

/** Milliseconds between attempts to open a port that has just been freed, and how many there are. */
const PAUSE = 5, ATTEMPTS = 40;

/**
 * Opens a socket on a port that this process has just given up: the system may take a moment to free it.
 *
 * @throws {Error} with a `code` such as EADDRINUSE
 */
export async function listenWhenFree(engine: Engine, place: Listening, settings: ServiceSettings): Promise<Listener> {
  for (let attempt = 1;; attempt++) {
    try {
      return engine.listen(place, settings);
    } catch (error) {
      if (attempt === ATTEMPTS || (error as { code?: string }).code !== "EADDRINUSE") throw withCode(error);
      await new Promise((resolve) => setTimeout(resolve, attempt === 1 ? 0 : PAUSE));
    }
  }
}
