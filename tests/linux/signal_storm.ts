/** A signal to every thread that moves bytes, over and over, from a process of its own. */
const TGKILL = { x86_64: 234, aarch64: 131 };

/** Threads of a process that move bytes, by their id: those that Deno runs workers on. */
export function workerThreads(pid: number): number[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => Number(name))
    .filter((thread) => /^worker-/.test(Deno.readTextFileSync(`/proc/${pid}/task/${thread}/comm`)));
}

/** Sends without a pause until it is disposed of. The process must have a handler for the signal. */
export class SignalStorm implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
  }

  /** Starts one; it blows when this resolves. */
  static async start(pid: number, signal: number): Promise<SignalStorm> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `const { symbols } = Deno.dlopen("", { syscall: { parameters: ["i64", "i32", "i32", "i32"], result: "i32" } });
         const threads = ${JSON.stringify(workerThreads(pid))};
         const volley = () => threads.forEach((thread) => symbols.syscall(${
          TGKILL[Deno.build.arch]
        }n, ${pid}, thread, ${signal}));
         volley();
         console.log("blows");
         for (;;) volley();`,
      ],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    return new SignalStorm(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}
