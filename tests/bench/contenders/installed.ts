/** Where Debian keeps servers, in addition to an ordinary user's path. */
const SERVERS = ["/usr/sbin", "/usr/local/sbin"];

/** The file of an installed program; undefined when there is none. */
export function installed(program: string): string | undefined {
  const directories = [...(Deno.env.get("PATH") ?? "").split(":"), ...SERVERS];
  return directories.map((directory) => `${directory}/${program}`).find(isFile);
}

/** Whether there is a file of that name. */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
