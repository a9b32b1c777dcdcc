import type { Probe } from "../checker.ts";
import type { Target } from "../target.ts";
import { type Verdict, verdictOf } from "../verdict.ts";
import { Deadline } from "./deadline.ts";

/** Programs that run at a time: each is a process. */
const AT_ONCE = 8;

/** Runs programs that say by their exit code whether a target is alive. */
export class Programs {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Runs one; 0 means alive. The environment says what it is about. */
  probe(program: string, target: Target): Probe {
    const ended = new AbortController();
    return { verdict: this.#run(program, target, ended.signal), abandon: () => ended.abort() };
  }

  async #run(program: string, target: Target, ended: AbortSignal): Promise<Verdict> {
    while (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      return ended.aborted ? ABANDONED : await this.#outcome(program, target, ended);
    } catch (error) {
      return verdictOf(error, "PROCERR");
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  async #outcome(program: string, target: Target, ended: AbortSignal): Promise<Verdict> {
    const { address, port, host, timeout } = target;
    const child = new Deno.Command(program, {
      env: { BALANCE_ADDRESS: address, BALANCE_PORT: String(port), BALANCE_HOST: host },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let late = false;
    const kill = () => {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has just ended.
      }
    };
    const deadline = new Deadline(timeout, () => {
      late = true;
      kill();
    });
    ended.addEventListener("abort", kill);
    try {
      const { code, signal } = await child.status;
      if (late) return { code: "PROCTOUT", reason: "the program does not end in time" };
      if (code === 0) return { code: "PROCOK", reason: "" };
      return { code: "PROCERR", reason: signal === null ? `the program ends with code ${code}` : `${signal} ends it` };
    } finally {
      deadline.cancel();
      ended.removeEventListener("abort", kill);
    }
  }
}

const ABANDONED: Verdict = { code: "SOCKERR", reason: "not checked any more" };
