/** A pseudo-terminal with a program on it, through script(1) of util-linux. */
import { CollectedText } from "./collected_text.ts";
import { within } from "./eventually.ts";
import { killQuietly, program } from "./program.ts";
import { installed, linux, type Requirement } from "./requirements.ts";

/** What a test on a terminal needs. */
export const terminals: readonly Requirement[] = [linux, installed("script", "stty")];

/** The program under test on a terminal of 40 lines. Disposing of it ends it. */
export class Terminal implements AsyncDisposable {
  /** Everything written to the screen, including escape sequences. */
  readonly screen: CollectedText;
  readonly #child: Deno.ChildProcess;
  readonly #stderr: CollectedText;
  readonly #keys: WritableStreamDefaultWriter<Uint8Array>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, columns = 100) {
    const command = [`stty rows 40 cols ${columns}; exec`, ...[...program, ...args].map(quote)].join(" ");
    this.#child = new Deno.Command("script", {
      args: ["--quiet", "--flush", "--return", "--command", command, "/dev/null"],
      env: { TERM: "xterm-256color", SHELL: "/bin/sh", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.screen = new CollectedText(this.#child.stdout);
    this.#stderr = new CollectedText(this.#child.stderr);
    this.#keys = this.#child.stdin.getWriter();
  }

  /** Types keys and waits until something new is on the screen. @returns what came up to the end of `wanted` */
  async type(keys: string, wanted: string | RegExp): Promise<string> {
    const from = this.screen.text.length;
    await this.#keys.write(new TextEncoder().encode(keys));
    const { index, 0: text } = await this.screen.until(wanted, from);
    return this.screen.text.slice(from, from + index! + text.length);
  }

  /** Types keys after which the program ends. @returns its exit code */
  async typeLast(keys: string): Promise<number> {
    await this.#keys.write(new TextEncoder().encode(keys));
    return await this.ended();
  }

  /** Waits for the end of the program. @returns its exit code */
  async ended(): Promise<number> {
    const [{ code }] = await within(30, "wait for the end of the program on the terminal", this.#over());
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Closing its terminal also ends the program.
    killQuietly(this.#child);
    await this.#over();
    await this.#keys.close().catch(() => {});
  }

  #over() {
    return Promise.all([this.#child.status, this.screen.ended, this.#stderr.ended]);
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
