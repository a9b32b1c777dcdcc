/** A program this benchmark has started. */
export interface Running {
  readonly child: Deno.ChildProcess;
  /** The program and its descendants, as they were when it served its first connection. */
  readonly pids: readonly number[];
}

/**
 * Starts programs on given processors and ends each of them by its process number. The standard error of each goes to a
 * file, which is shown if the program fails.
 */
export class Processes {
  readonly #directory: string;
  readonly #running = new Set<Running>();
  readonly #pins: boolean;
  #logs = 0;

  /** @param directory where their messages go @param pins whether `taskset` can be used */
  constructor(directory: string, pins: boolean) {
    this.#directory = directory;
    this.#pins = pins;
  }

  /** Starts a program on the processors, such as "0" or "0-1". */
  start(
    processors: string,
    [program, ...words]: readonly string[],
    streams: "null" | "piped" = "null",
  ): Running & { readonly log: string } {
    const log = `${this.#directory}/messages-${this.#logs++}`;
    const command = this.#pins ? ["taskset", "-c", processors, program, ...words] : [program, ...words];
    // A shell redirects standard error, because Deno.Command takes no file descriptor for it.
    const child = new Deno.Command("sh", {
      args: ["-c", 'exec "$@" 2>"$0"', log, ...command],
      stdin: streams,
      stdout: streams,
      stderr: "null",
    }).spawn();
    const running = { child, pids: [child.pid], log };
    this.#running.add(running);
    return running;
  }

  /** Ends a program and its descendants; those that do not go within two seconds are killed. */
  async stop(running: Running): Promise<void> {
    const pids = descendants(running.child.pid);
    send(running.child.pid, "SIGTERM");
    const patience = setTimeout(() => pids.forEach((pid) => send(pid, "SIGKILL")), 2000);
    await running.child.status;
    clearTimeout(patience);
    this.#running.delete(running);
  }

  /** Kills whatever still runs, without waiting. */
  killAll(): void {
    for (const { child } of this.#running) for (const pid of descendants(child.pid)) send(pid, "SIGKILL");
  }
}

function send(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has already ended.
  }
}

/** A process with all its descendants. */
export function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      // proc(5): the parent is the second field after the name, which may itself contain brackets and spaces.
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It has ended since the directory was read.
    }
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

/** Resident bytes of the processes. Pages they share are counted once for each. */
export function residentBytes(pids: readonly number[]): number {
  const each = (pid: number) => /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
  return pids.reduce((total, pid) => total + 1024 * Number(each(pid)?.[1] ?? 0), 0);
}
