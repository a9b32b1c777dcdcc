import type { Engine, Listener, ServiceSettings } from "../engine/engine.ts";
import { blaming } from "./blame.ts";
import type { Draft } from "./draft.ts";
import { coded } from "./errors.ts";
import type { Listening } from "./loops.ts";

/**
 * Opens the sockets of a service, all or none.
 *
 * @throws {Error} with a `code` such as EADDRINUSE when one cannot be opened
 */
export function listenAll(engine: Engine, { request, places, settings }: Draft): Listener[] {
  return openAll(engine, places, settings, (error, place) => blaming(error, { request, place }));
}

function openAll(
  engine: Engine,
  places: readonly Listening[],
  settings: ServiceSettings,
  failed: (error: unknown, place: Listening) => unknown,
): Listener[] {
  const opened: Listener[] = [];
  for (const place of places) {
    try {
      opened.push(engine.listen(place, settings));
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
