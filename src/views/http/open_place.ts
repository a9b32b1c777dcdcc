import { escape } from "../../log/escape.ts";
import { systemReason } from "../../log/system_reason.ts";
import type { HttpPlace } from "../../options/kinds/http_place.ts";

/** What codes of the system mean here. */
const REASONS = {
  EADDRINUSE: "it is in use",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "permission denied",
  ENOENT: "there is no such directory",
  EAFNOSUPPORT: "the system lacks this kind of address",
} as const;

const NO_SOCKETS = "Windows has no Unix sockets; name a port";

/**
 * Listens at a place. A Unix socket can be used by its owner and the owner's group; one that nobody serves any more is
 * replaced.
 *
 * @throws {Error} whose message says why that is impossible, as the end of a sentence
 */
export async function openPlace(place: HttpPlace): Promise<Deno.Listener> {
  try {
    if (!("path" in place)) return Deno.listen({ hostname: place.hostname, port: place.port });
    if (Deno.build.os === "windows") throw new Error(NO_SOCKETS);
    await reclaim(place.path);
    return bind(place.path);
  } catch (error) {
    throw new Error(systemReason(error, REASONS));
  }
}

function bind(path: string): Deno.Listener {
  // The mode is there from the first moment: bind(2) happens inside `listen`.
  const umask = Deno.umask(0o117);
  try {
    return Deno.listen({ transport: "unix", path });
  } finally {
    Deno.umask(umask);
  }
}

/** Removes the socket of a process that died. @throws {Error} when it is alive, or something else */
async function reclaim(path: string): Promise<void> {
  if (await isDeadSocket(path)) Deno.removeSync(path);
}

/**
 * Why a place cannot be opened, as far as can be told without leaving anything there; undefined if it can.
 *
 * @returns the end of a sentence
 */
export async function placeObstacle(place: HttpPlace): Promise<string | undefined> {
  try {
    if (!("path" in place)) Deno.listen({ hostname: place.hostname, port: place.port }).close();
    else if (Deno.build.os === "windows") throw new Error(NO_SOCKETS);
    else await isDeadSocket(place.path);
    return undefined;
  } catch (error) {
    return systemReason(error, REASONS);
  }
}

/** Whether a process that died has left its socket. @throws {Error} when it is alive, or something else */
async function isDeadSocket(path: string): Promise<boolean> {
  try {
    if (!Deno.lstatSync(path).isSocket) throw new Error("it is something other than a socket");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === "ENOENT") return false;
    // Only a socket that refuses is dead: one whose queue is full, for instance, belongs to a process that is busy.
    if (code === "ECONNREFUSED") return true;
    throw new Error(`it may be in use: ${escape(message)}`);
  }
  throw new Error("another process answers there");
}
