/** Stops a process and lets it go on, over and over, from a process of its own. */
export class StopStorm implements AsyncDisposable {
  readonly #pid: number;
  readonly #child: Deno.ChildProcess;

  private constructor(pid: number, child: Deno.ChildProcess) {
    this.#pid = pid;
    this.#child = child;
  }

  /** Starts one; it blows when this resolves. The process runs for 200 µs or so between two stops. */
  static async start(pid: number): Promise<StopStorm> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `const { symbols } = Deno.dlopen("", {
           kill: { parameters: ["i32", "i32"], result: "i32" },
           usleep: { parameters: ["u32"], result: "i32" },
         });
         const gust = () => (symbols.kill(${pid}, ${SIGSTOP}), symbols.kill(${pid}, ${SIGCONT}), symbols.usleep(150));
         gust();
         console.log("blows");
         for (;;) gust();`,
      ],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    return new StopStorm(pid, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    // It may have ended between the two.
    Deno.kill(this.#pid, "SIGCONT");
  }
}

// signal(7), the same on both architectures.
const SIGSTOP = 19, SIGCONT = 18;
