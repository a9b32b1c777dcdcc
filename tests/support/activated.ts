import { whileInheritable } from "../../src/process/inheritable.ts";
import { program } from "./program.ts";

/** A listening socket as a service manager hands it over. */
export interface Handed {
  readonly descriptor: number;
  /** Default: none. */
  readonly name?: string;
}

/**
 * Words before the program and its environment, with which it inherits descriptors as from a service manager
 * (sd_listen_fds(3)). Start it within `whileInheritable`, as `activate` does.
 */
function activation(handed: readonly Handed[]): { words: string[]; env: Record<string, string> } {
  const moves = handed.map(({ descriptor }, i) => `exec ${3 + i}<&${descriptor} ${descriptor}<&-`);
  return {
    // The process id is known only to the process itself.
    words: ["bash", "-c", `${moves.join("; ")}; export LISTEN_PID=$$; exec "$@"`, "bash"],
    env: {
      LISTEN_FDS: String(handed.length),
      ...handed.some(({ name }) => name !== undefined)
        ? { LISTEN_FDNAMES: handed.map(({ name }) => name ?? "unknown").join(":") }
        : {},
    },
  };
}

/** Starts the program with descriptors from a service manager. The caller reads its output and ends it. */
export function activate(
  handed: readonly Handed[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Deno.ChildProcess {
  const { words, env: own } = activation(handed), all = [...words, ...program, ...args];
  return whileInheritable(handed.map(({ descriptor }) => descriptor), () =>
    new Deno.Command(all[0], {
      args: all.slice(1),
      env: { NO_COLOR: "1", ...env, ...own },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn());
}
