/** A server that is a separate program, started by a test and ended by its process id. */
import { CollectedText } from "./collected_text.ts";
import { pause } from "./eventually.ts";
import { killQuietly } from "./program.ts";

/** Milliseconds between two checks whether a server answers. */
const PAUSE = 20;

/** A running server. Disposing of it ends it. */
export class ExternalServer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output: readonly [CollectedText, CollectedText];

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#output = [new CollectedText(child.stdout), new CollectedText(child.stderr)];
  }

  /**
   * Starts a server and waits until it accepts on a port of 127.0.0.1.
   *
   * @throws {Error} with what it printed, when it ends or does not answer after 20 seconds
   */
  static async start(command: string, args: readonly string[], port: number): Promise<ExternalServer> {
    const child = new Deno.Command(command, { args: [...args], stdin: "null", stdout: "piped", stderr: "piped" })
      .spawn();
    const server = new ExternalServer(child);
    let code: number | undefined;
    child.status.then((status) => code = status.code);
    for (const end = performance.now() + 20_000; !await accepts(port);) {
      if (code !== undefined || performance.now() > end) {
        await server[Symbol.asyncDispose]();
        const printed = server.#output.map(({ text }) => text).join("\n");
        throw new Error(`${command} does not serve on port ${port} (code ${code}): ${printed}`);
      }
      await pause(PAUSE);
    }
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    killQuietly(this.#child, "SIGTERM");
    await Promise.all([this.#child.status, ...this.#output.map(({ ended }) => ended)]);
  }
}

async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

/** Runs a program to its end. @throws {Error} with what it printed, when it fails */
export async function runClient(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  const text = new TextDecoder().decode(stdout);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${text}\n${new TextDecoder().decode(stderr)}`);
  return text;
}
