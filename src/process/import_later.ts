import { ExitCode, ExitError } from "./exit_codes.ts";

/**
 * Imports a module by a name that Deno does not see, so that its files are not read before the program starts. Only for
 * what is asked for at the start: a process that serves may run out of descriptors, its files may be replaced, and
 * `--user` may not read them. What it may need later is imported by a literal name, or kept by `keepModules`.
 *
 * @param file the module, next to `import.meta.url`
 * @throws {ExitError} 71 when Deno has no permission to read it
 */
export async function importLater<Module>(file: URL): Promise<Module> {
  try {
    return await import(file.href);
  } catch (error) {
    // What Deno calls a missing permission here; `NotCapable` is only in the text of others.
    const { message } = error as Error, missing = /^Requires .+ access to /.test(message);
    if (!missing) throw error;
    throw new ExitError(
      ExitCode.SYSTEM,
      `cannot load a part of the program: ${message[0].toLowerCase()}${message.slice(1)}`,
    );
  }
}

/**
 * Keeps the text of modules in memory, without running them, as if their names had been literal from the beginning: then
 * they can be imported when the files are gone or no longer readable. Does nothing without the permission to read them.
 *
 * @param list a file that imports them by literal names
 */
export async function keepModules(list: URL): Promise<void> {
  const readable = list.protocol !== "file:" ||
    Deno.permissions.querySync({ name: "read", path: list }).state === "granted";
  if (readable) await import(list.href);
}
