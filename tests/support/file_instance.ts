import assert from "node:assert/strict";
import { Client } from "./client.ts";
import { CollectedText } from "./collected_text.ts";
import { within } from "./eventually.ts";
import { killQuietly, type Outcome, programPath, run, spawn } from "./program.ts";
import { runInSession } from "./session.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

/** An instance in the foreground with a file of services. Disposing of it ends it. */
export class FileInstance implements AsyncDisposable {
  /** Its log. */
  readonly stderr: CollectedText;
  readonly #child: Deno.ChildProcess;
  readonly #stdout: CollectedText;
  readonly #directory: ReturnType<typeof temporaryDirectory>;

  private constructor(child: Deno.ChildProcess, directory: ReturnType<typeof temporaryDirectory>) {
    this.#child = child;
    this.#directory = directory;
    this.stderr = new CollectedText(child.stderr);
    this.#stdout = new CollectedText(child.stdout);
  }

  /** Starts it and waits until it serves. @param before words before the program, such as `prlimit` @throws {Error} with what it printed, when it ends instead */
  static async start(
    lines: readonly string[],
    options: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    before: readonly string[] = [],
  ): Promise<FileInstance> {
    const directory = temporaryDirectory(), path = `${directory.path}/services.conf`;
    await Deno.writeTextFile(path, lines.join("\n") + "\n");
    const args = ["-f", ...options, "--control-dir", programPath(directory.path), "--config", programPath(path)];
    const instance = new FileInstance(spawn(args, { env, before }, "null"), directory);
    try {
      await instance.stderr.until(/ serves \d+ services?| listens on /, 0, 60);
    } catch (error) {
      await instance[Symbol.asyncDispose]();
      throw error;
    }
    return instance;
  }

  /** Its directory, which has its file and its control entry. */
  get directory(): string {
    return this.#directory.path;
  }

  /** Path of its file. */
  get file(): string {
    return `${this.directory}/services.conf`;
  }

  /** Process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Gives its file other lines. */
  async write(lines: readonly string[]): Promise<void> {
    await Deno.writeTextFile(this.file, lines.join("\n") + "\n");
  }

  /** The same at once, so that whoever reads it meanwhile gets all of the old or all of the new lines. */
  async replace(lines: readonly string[]): Promise<void> {
    await Deno.writeTextFile(`${this.file}.new`, lines.join("\n") + "\n");
    await Deno.rename(`${this.file}.new`, this.file);
  }

  /** Runs control commands; what `-c` prints. @param where a port or the name of a service */
  async control(commands: string | readonly string[], where?: string | number): Promise<string> {
    const printed = where === undefined ? await runInSession(this.directory, [commands].flat()) : undefined;
    if (printed !== undefined) return printed;
    const { code, stdout, stderr } = await this.run(commands, where);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    return stdout;
  }

  /** The same, with all that came of it. */
  run(
    commands: string | readonly string[],
    where?: string | number,
    options: readonly string[] = [],
  ): Promise<Outcome> {
    const words = [commands].flat().flatMap((command) => ["-c", command]);
    const target = where === undefined ? [] : [String(where)];
    return run([...options, ...words, "--control-dir", programPath(this.#directory.path), ...target]);
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for a line of the log and returns it. */
  async logged(wanted: RegExp, from = 0): Promise<string> {
    await this.stderr.until(new RegExp(`(?:${wanted.source})[^\n]*\n`, wanted.flags), from);
    return this.stderr.text.slice(from).split("\n").find((line) => wanted.test(line))!;
  }

  /** Waits for its own end. @returns the exit code */
  async ended(): Promise<number> {
    return (await within(60, "wait for the end of the program", this.#child.status)).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    killQuietly(this.#child);
    await Promise.all([this.#child.status, this.stderr.ended, this.#stdout.ended]);
    this.#directory[Symbol.dispose]();
  }
}

/** What a client hears on a port. */
export async function answerOn(port: number, hostname?: string): Promise<string> {
  using client = await Client.connect(port, hostname);
  await client.finish().catch(() => {});
  return await client.readAllText();
}
