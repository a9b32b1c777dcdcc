import { defaultDirectory, ownUser, runDirectory } from "./directory.ts";

/** Environment variable that names the control directory when `--control-dir` does not. */
const VARIABLE = "BALANCE_CONTROL_DIR";

/** A directory with the entries of instances. */
export interface Place {
  readonly path: string;
  /** User who owns it. */
  readonly owner: number;
}

/** Where instances are looked for. */
export interface Places {
  /** This user's. The first is the one that a new instance would use, whether it exists or not. */
  readonly own: readonly Place[];
  /** Services of other users: only root can look into them. */
  readonly foreign: readonly Place[];
}

/** The control directory set by `--control-dir` or else by the environment; undefined for the default. */
export function chosenDirectory(option: string | undefined): string | undefined {
  if (option !== undefined) return option;
  // Queried first, so that Deno does not prompt.
  if (Deno.permissions.querySync({ name: "env", variable: VARIABLE }).state !== "granted") return undefined;
  return Deno.env.get(VARIABLE) || undefined;
}

/**
 * Where to look for instances: in the directory that was set; or else in the default one, in those that would be the
 * default in another environment, and in `/run/balance*`, where services have theirs (`RuntimeDirectory=balance-%i`).
 */
export function placesToLook(option: string | undefined): Places {
  const owner = ownUser(), chosen = chosenDirectory(option);
  const first = { path: chosen ?? defaultDirectory(), owner }, own: Place[] = [first], foreign: Place[] = [];
  if (chosen !== undefined || Deno.build.os === "windows") return { own, foreign };
  for (const path of owner === 0 ? [] : [`${runDirectory()}/user/${owner}/balance`, `/tmp/balance-${owner}`]) {
    if (path !== first.path && ownerOf(path) === owner) own.push({ path, owner });
  }
  for (const path of serviceDirectories()) {
    const other = ownerOf(path);
    if (path === first.path || other === undefined) continue;
    (other === owner ? own : foreign).push({ path, owner: other });
  }
  return { own, foreign };
}

function serviceDirectories(): string[] {
  const parent = runDirectory();
  if (Deno.permissions.querySync({ name: "read", path: parent }).state !== "granted") return [];
  try {
    const names = Array.from(Deno.readDirSync(parent), ({ name }) => name);
    return names.filter((name) => name.startsWith("balance")).sort().map((name) => `${parent}/${name}`);
  } catch {
    return [];
  }
}

/** Owner of a directory; undefined unless the path is a directory that only its owner can enter. */
function ownerOf(path: string): number | undefined {
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return undefined;
  try {
    const { isDirectory, mode, uid } = Deno.lstatSync(path);
    return isDirectory && (mode! & 0o077) === 0 ? uid! : undefined;
  } catch {
    return undefined;
  }
}
