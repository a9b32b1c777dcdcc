import type { Probe } from "../checker.ts";
import type { Target } from "../target.ts";
import { type Verdict, verdictOf } from "../verdict.ts";
import { Deadline } from "./deadline.ts";

/** Runs a program that says by its exit code whether a target is alive: 0 means so. Its environment says what it is about. */
export function runProgram(program: string, target: Target): Probe {
  const ended = new AbortController();
  const verdict = outcome(program, target, ended.signal).catch((error) => verdictOf(error, "PROCERR"));
  return { verdict, abandon: () => ended.abort() };
}

async function outcome(program: string, target: Target, ended: AbortSignal): Promise<Verdict> {
  const { address, port, host, timeout } = target;
  const child = new Deno.Command(program, {
    env: { BALANCE_ADDRESS: address, BALANCE_PORT: String(port), BALANCE_HOST: host },
    ...{ stdin: "null", stdout: "null", stderr: "null" },
    // With a process group of its own, what it has started can be ended with it.
    detached: Deno.build.os !== "windows",
  }).spawn();
  let late = false;
  const kill = () => killAll(child);
  const deadline = new Deadline(timeout, () => {
    late = true;
    kill();
  });
  ended.addEventListener("abort", kill);
  try {
    const { code, signal } = await child.status;
    if (late) return { code: "PROCTOUT", reason: "the program took too long" };
    if (code === 0) return { code: "PROCOK", reason: "" };
    return {
      code: "PROCERR",
      reason: signal === null ? `the program exited with code ${code}` : `the program was killed by ${signal}`,
    };
  } finally {
    deadline.cancel();
    ended.removeEventListener("abort", kill);
  }
}

/** Ends a program, and all of its group where there are groups. */
function killAll(child: Deno.ChildProcess): void {
  try {
    if (Deno.build.os === "windows") child.kill("SIGKILL");
    else Deno.kill(-child.pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}
