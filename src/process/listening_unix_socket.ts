import { targetOf } from "./descriptors.ts";

/** Flag of a socket that listens, `__SO_ACCEPTCON`, in `/proc/net/unix` (proc(5)). */
const LISTENS = 0x10000;

/**
 * This process's descriptor of the Unix socket that it listens on; undefined when there is none. Deno does not tell. For
 * Linux.
 *
 * @param path what the socket was bound to
 */
export function listeningUnixSocket(path: string): number | undefined {
  const targets = new Set<string | undefined>();
  for (const line of Deno.readTextFileSync("/proc/self/net/unix").split("\n")) {
    const [, flags, inode, name] = /^\S+ \S+ \S+ ([0-9A-F]+) \S+ \S+ +(\d+) (.*)$/.exec(line) ?? [];
    if (name === path && (parseInt(flags, 16) & LISTENS) !== 0) targets.add(`socket:[${inode}]`);
  }
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    if (targets.has(targetOf(Number(name)))) return Number(name);
  }
  return undefined;
}
