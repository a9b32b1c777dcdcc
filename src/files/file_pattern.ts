/** Whether a path has wildcards. */
export function isPattern(path: string): boolean {
  return /[*?[]/.test(path);
}

/**
 * The files whose paths match a pattern, sorted: `*` stands for any characters but `/`, `?` for one, `[a-z]` and
 * `[!a-z]` for one of a set. As in a shell, hidden files are only matched by a pattern that begins with a dot. Backup
 * copies, whose names end in `~`, are only matched by a pattern that ends in `~`. Directories are left out.
 */
export function filesLike(pattern: string): string[] {
  const absolute = pattern.startsWith("/");
  let found = [absolute ? "/" : ""];
  const parts = pattern.split("/").filter((part) => part !== "");
  parts.forEach((part, i) => {
    const last = i === parts.length - 1;
    found = found.flatMap((directory) => {
      if (!isPattern(part)) return last && !exists(directory + part) ? [] : [directory + part + (last ? "" : "/")];
      return namesIn(directory).filter((name) => isLike(part, name)).map((name) =>
        directory + name + (last ? "" : "/")
      );
    });
  });
  return found.filter((path) => !isDirectory(path)).sort();
}

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory === "" ? "." : directory)].map(({ name }) => name);
  } catch (error) {
    // A missing directory has no such files; one that may not be read might have some.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}

/** Whether a name matches one part of a pattern. Takes at most time in proportion to the product of their lengths. */
export function isLike(pattern: string, name: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  if (name.endsWith("~") && !pattern.endsWith("~")) return false;
  const parts = partsOf(pattern), characters = [...name];
  let part = 0, at = 0, star = -1, from = 0;
  while (at < characters.length) {
    const wanted = parts[part];
    if (wanted === "*") {
      star = part++;
      from = at;
    } else if (wanted !== undefined && fits(wanted, characters[at])) {
      part++;
      at++;
    } else if (star >= 0) {
      // The last star takes one character more.
      part = star + 1;
      at = ++from;
    } else return false;
  }
  while (parts[part] === "*") part++;
  return part === parts.length;
}

/** Single characters, `*`, `?` and sets, which keep their brackets. */
function partsOf(pattern: string): string[] {
  return [...pattern.matchAll(/\[!?\]?[^\]]*\]|[^]/gu)].map(([part]) => part);
}

function fits(part: string, character: string): boolean {
  if (part === "?") return true;
  const set = /^\[(!?)(.+)\]$/su.exec(part);
  if (set === null) return part === character;
  const [, not, members] = set, list = [...members];
  let found = false;
  for (let i = 0; i < list.length; i++) {
    if (list[i + 1] === "-" && i + 2 < list.length) {
      found ||= list[i] <= character && character <= list[i + 2];
      i += 2;
    } else found ||= list[i] === character;
  }
  return found !== (not === "!");
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
