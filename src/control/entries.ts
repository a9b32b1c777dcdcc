import { checkDirectory, DirectoryError, ownUser, reasonOf } from "./directory.ts";
import { quote } from "../log/escape.ts";
import { formatAddress } from "../table/address.ts";

/** What an entry is named after: the place where a service listens, or a process with a file of services. */
export type EntryName =
  | { readonly address: string; readonly port: number }
  /**
   * Id of the first process, since an upgrade keeps the entry, in which sessions are opened again; followed by a number
   * if several processes had that one, as in containers.
   */
  | { readonly config: string };

/** An instance's entry in the control directory. */
export interface Entry {
  readonly path: string;
  readonly name: EntryName;
  /** User who owns directory and entry; 0 on Windows, where ownership is not checked. */
  readonly owner: number;
}

const WINDOWS = Deno.build.os === "windows";

/** Ending of an entry: the socket itself, or on Windows a file that names the pipe. */
const ENDING = WINDOWS ? ".pipe" : ".sock";

/** Path of the entry of the instance that listens on `address` and `port`. */
export function entryPath(directory: string, address: string, port: number): string {
  return pathOf(directory, { address, port });
}

/** Path of an entry. */
export function pathOf(directory: string, name: EntryName): string {
  // No file name on Windows may have a colon, and no address has an underscore.
  const file = "config" in name ? `config-${name.config}` : `${name.port}@${name.address.replaceAll(":", "_")}`;
  return `${directory}${WINDOWS ? "\\" : "/"}${file}${ENDING}`;
}

/**
 * An entry's name, as people read it: an address, or `config-PID`.
 *
 * @param pid the process that serves now. Default: the first one
 */
export function entryTitle(name: EntryName, pid?: number): string {
  if ("port" in name) return formatAddress({ host: name.address, port: name.port });
  const [first, ...number] = name.config.split("-");
  return ["config", pid ?? first, ...number].join("-");
}

/** The entries of all instances, dead ones included: those with a port, in order of the ports, then the others. */
export function listEntries(directory: string, owner = ownUser()): Entry[] {
  if (!checkDirectory(directory, owner)) return [];
  return namesIn(directory).flatMap((file) => {
    const name = file.endsWith(ENDING) ? entryName(file.slice(0, -ENDING.length)) : undefined;
    return name === undefined ? [] : [{ path: pathOf(directory, name), name, owner }];
  }).sort((a, b) => compare(a.name, b.name));
}

function entryName(file: string): EntryName | undefined {
  const [, config] = /^config-([1-9]\d{0,9}(?:-\d{1,3})?)$/.exec(file) ?? [];
  if (config !== undefined) return { config };
  const [, port, address] = /^([1-9]\d{0,4})@([\w.%-]+)$/.exec(file) ?? [];
  if (port === undefined || Number(port) > 65535) return undefined;
  return { address: address.replaceAll("_", ":"), port: Number(port) };
}

function compare(a: EntryName, b: EntryName): number {
  if ("config" in a) return "config" in b ? a.config.localeCompare(b.config, "en", { numeric: true }) : 1;
  return "config" in b ? -1 : a.port - b.port || a.address.localeCompare(b.address);
}

function namesIn(directory: string): string[] {
  try {
    return Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch (error) {
    throw new DirectoryError(`cannot use control directory ${quote(directory)}: ${reasonOf(error)}`);
  }
}
