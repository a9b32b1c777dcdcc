/** Examines processes on Linux through /proc. */

/** Ids of the processes that have `word` in an argument. */
export function processesWith(word: string): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = Deno.readTextFileSync(`/proc/${name}/cmdline`).split("\0");
      if (words.some((argument) => argument.includes(word))) found.push(Number(name));
    } catch {
      // It has ended.
    }
  }
  return found;
}

/** Whether a process runs, rather than being a zombie. */
export function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

/** The variables that a process was started with; empty when it has ended. */
export function environmentOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/environ`);
  } catch {
    return "";
  }
}

/** What the kernel knows about a process (proc(5)). */
export interface ProcessFacts {
  readonly parent: number;
  readonly session: number;
  /** 0 for none. */
  readonly terminal: number;
  readonly directory: string;
  /** What its descriptors refer to. */
  readonly descriptors: readonly string[];
}

/** Examines one process. */
export function lookAt(pid: number): ProcessFacts {
  // The second field is a name in parentheses and may hold anything.
  const [, parent, , session, terminal] = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /s, "").split(" ");
  const descriptors: string[] = [];
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    try {
      descriptors.push(Deno.readLinkSync(`/proc/${pid}/fd/${name}`));
    } catch {
      // Closed meanwhile.
    }
  }
  return {
    parent: Number(parent),
    session: Number(session),
    terminal: Number(terminal),
    directory: Deno.readLinkSync(`/proc/${pid}/cwd`),
    descriptors,
  };
}

/** The children of a process. */
export function childrenOf(pid: number): number[] {
  return Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim().split(/\s+/).filter(Boolean).map(Number);
}
