import { basename, dirname, join } from "node:path";
import { quote } from "../log/escape.ts";
import { type Reasons, systemReason } from "../log/system_reason.ts";
import { removeQuietly } from "../process/remove_quietly.ts";

/** A file, and the text that it is to have. */
export interface Replacement {
  readonly path: string;
  readonly text: string;
  /** What it must still contain; otherwise somebody else has changed it. */
  readonly before: Uint8Array;
}

/** A file that could not be replaced. The old one is as it was. */
export class ReplaceError extends Error {
  override readonly name = "ReplaceError";
}

/** A new version of a file, complete on disk beside it. */
interface Prepared {
  readonly path: string;
  readonly target: string;
  readonly temporary: string;
  readonly before: Uint8Array;
}

/**
 * Gives files a new text. At any time each file has either the old text or the new one. The old version stays beside
 * it, with a `~` after its name. Mode and owner stay, and so do symbolic links to the file. Nothing is replaced before
 * all new versions and all backups are on disk.
 *
 * @throws {ReplaceError}
 */
export function replaceFiles(replacements: readonly Replacement[]): void {
  const prepared: Prepared[] = [];
  try {
    for (const replacement of replacements) prepared.push(about(replacement.path, () => prepare(replacement)));
    for (const { path, target, before } of prepared) about(path, () => checkUnchanged(target, before));
    // The last backups stay until all new ones are there.
    for (const version of prepared) about(version.path, () => copyOld(version));
    for (const { path, target, temporary } of prepared) {
      about(path, () => Deno.renameSync(copyOf(temporary), backupOf(target)));
    }
    for (const version of prepared) about(version.path, () => putInPlace(version));
  } finally {
    for (const { temporary } of prepared) {
      removeQuietly(temporary);
      // Nothing is renamed if the backup is the same file already.
      removeQuietly(copyOf(temporary));
    }
  }
}

const backupOf = (target: string) => `${target}~`, copyOf = (temporary: string) => `${temporary}~`;

function prepare({ path, text, before }: Replacement): Prepared {
  const target = Deno.realPathSync(path), old = Deno.statSync(target);
  if (!old.isFile) throw new ReplaceError("it is not a file");
  const temporary = join(dirname(target), `.${basename(target)}.${crypto.randomUUID().slice(0, 8)}`);
  const file = Deno.openSync(temporary, { write: true, createNew: true, mode: 0o600 });
  try {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    if (Deno.build.os !== "windows") {
      const own = file.statSync();
      if (own.uid !== old.uid || own.gid !== old.gid) keepOwner(temporary, old);
      Deno.chmodSync(temporary, old.mode! & 0o7777);
    }
    file.syncSync();
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  } finally {
    file.close();
  }
  return { path, target, temporary, before };
}

function keepOwner(temporary: string, { uid, gid }: Deno.FileInfo): void {
  try {
    Deno.chownSync(temporary, uid!, gid!);
  } catch (error) {
    if ((error as { code?: string }).code !== "EPERM") throw error;
    throw new ReplaceError(`it belongs to user ${uid} and group ${gid}, and only root can keep that`);
  }
}

function checkUnchanged(target: string, before: Uint8Array): void {
  const now = Deno.readFileSync(target);
  if (now.length === before.length && now.every((byte, i) => byte === before[i])) return;
  throw new ReplaceError("it has changed since it was read; reload first");
}

function copyOld({ target, temporary }: Prepared): void {
  const copy = copyOf(temporary);
  if (isDirectory(backupOf(target))) throw new ReplaceError("a directory has the name of its backup");
  try {
    Deno.linkSync(target, copy);
  } catch {
    // Some file systems have no hard links.
    Deno.copyFileSync(target, copy);
  }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return false;
  }
}

function putInPlace({ target, temporary }: Prepared): void {
  Deno.renameSync(temporary, target);
  syncDirectory(dirname(target));
}

/** A name that has changed is only safe once its directory is on disk. */
function syncDirectory(path: string): void {
  try {
    using directory = Deno.openSync(path);
    directory.syncSync();
  } catch {
    // Not every system lets a directory be opened.
  }
}

const REASONS: Reasons = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be too large",
  EACCES: "permission denied in its directory",
  EPERM: "the system does not permit it",
};

function about<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new ReplaceError(`cannot write ${quote(path)}: ${systemReason(error, REASONS)}`);
  }
}
