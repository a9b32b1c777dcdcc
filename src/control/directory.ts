import { escape, quote } from "../log/escape.ts";

/** The control directory, or something in it, cannot be used. */
export class DirectoryError extends Error {
  override readonly name = "DirectoryError";
}

/** Another instance has the entry. */
export class EntryTaken extends DirectoryError {}

/** Number of the user that runs this program; 0 on Windows. */
export function ownUser(): number {
  return Deno.uid() ?? 0;
}

const WINDOWS = Deno.build.os === "windows";

/**
 * Where control sockets are when `--control-dir` does not say: `/run/balance` for root (`/var/run/balance` where there is
 * no `/run`), `$XDG_RUNTIME_DIR/balance` for a user who has one, otherwise `balance-UID` in the temporary directory; on
 * Windows `%LOCALAPPDATA%\balance`.
 */
export function defaultDirectory(): string {
  if (WINDOWS) return `${Deno.env.get("LOCALAPPDATA") ?? Deno.env.get("TEMP") ?? "C:\\Windows\\Temp"}\\balance`;
  if (Deno.uid() === 0) return `${runDirectory()}/balance`;
  const runtime = Deno.env.get("XDG_RUNTIME_DIR");
  if (runtime?.startsWith("/") && isDirectory(runtime)) return `${runtime}/balance`;
  return `${(Deno.env.get("TMPDIR") || "/tmp").replace(/\/+$/, "")}/balance-${Deno.uid()}`;
}

/** Where services keep their sockets: `/run`, or `/var/run` if there is no `/run`. */
export function runDirectory(): string {
  return isDirectory("/run") ? "/run" : "/var/run";
}

/**
 * Creates the directory, for its owner only, or checks an existing one.
 *
 * @throws {DirectoryError} when it is a link, belongs to somebody else, or others can enter it
 */
export function openDirectory(path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw cannot("make", path, reasonOf(error));
  }
  checkDirectory(path);
}

/**
 * Whether the directory exists. One that exists must be safe to use.
 *
 * @param owner user who must own it
 * @throws {DirectoryError} when it exists but is not safe
 */
export function checkDirectory(path: string, owner = ownUser()): boolean {
  let info: Deno.FileInfo;
  try {
    info = Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw cannot("use", path, reasonOf(error));
  }
  if (info.isSymlink) throw cannot("use", path, "it is a symbolic link");
  if (!info.isDirectory) throw cannot("use", path, "it is not a directory");
  if (WINDOWS) return true;
  if (info.uid !== owner) throw cannot("use", path, `it belongs to user ${info.uid}, not to ${owner}`);
  if ((info.mode! & 0o077) !== 0) throw cannot("use", path, "others can enter it; chmod 700 shuts them out");
  return true;
}

/**
 * What to connect to for an entry: the socket, or the pipe that the file names.
 *
 * @param owner user who must own it
 * @throws {DirectoryError} when the socket belongs to somebody else or is not a socket
 * @throws {Deno.errors.NotFound} when there is no such entry
 */
export function entryTarget(path: string, owner = ownUser()): string {
  if (WINDOWS) return Deno.readTextFileSync(path).trim();
  checkEntry(path, owner);
  return path;
}

/**
 * Checks the socket of an entry, and its directory again.
 *
 * @throws {DirectoryError} when either belongs to somebody else or may not be examined, or the entry is not a socket
 * @throws {Deno.errors.NotFound} when there is no such entry
 */
export function checkEntry(path: string, owner = ownUser()): Deno.FileInfo {
  checkDirectory(path.slice(0, path.lastIndexOf("/")) || "/", owner);
  const info = look(path);
  if (!info.isSocket) throw cannotUseSocket(path, "it is not a socket");
  if (info.uid !== owner) {
    throw cannotUseSocket(path, `it belongs to user ${info.uid}, not to ${owner}`);
  }
  return info;
}

function look(path: string): Deno.FileInfo {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw error;
    throw cannotUseSocket(path, reasonOf(error));
  }
}

/** A system error without what Deno adds to it: the error number and the unescaped path. */
export function reasonOf(error: unknown): string {
  return escape((error as Error).message.replace(/ \(os error \d+\).*$/s, ""));
}

/** The socket of an entry cannot be used. */
export function cannotUseSocket(path: string, why: string): DirectoryError {
  return new DirectoryError(`cannot use control socket ${quote(path)}: ${why}`);
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function cannot(what: string, path: string, why: string): DirectoryError {
  return new DirectoryError(`cannot ${what} control directory ${quote(path)}: ${why}`);
}
