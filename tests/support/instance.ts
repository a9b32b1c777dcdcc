import assert from "node:assert/strict";
import type { ChannelState, InstanceState } from "../../mod.ts";
import { Client } from "./client.ts";
import { CollectedText } from "./collected_text.ts";
import { pause, within } from "./eventually.ts";
import { freePort } from "./free_port.ts";
import { runs } from "./processes.ts";
import { killQuietly, type Outcome, programPath, run, type RunOptions, spawn, windows } from "./program.ts";
import { runInSession } from "./session.ts";
import { type ControlDirectory, temporaryDirectory } from "./temporary_directory.ts";

/** How an instance is set up, besides its channels. */
export interface InstanceOptions extends RunOptions {
  /** More options of the command line. */
  readonly options?: readonly string[];
  /** Address to listen on, null for no `-b`. Default 127.0.0.1. */
  readonly bind?: string | null;
  /** Default: a free one. */
  readonly port?: number;
  /** All ports as the command line has them, beginning with `port`. Default: only that. */
  readonly ports?: string;
  /** Default: a new one, which is removed with the instance. */
  readonly directory?: ControlDirectory;
}

/** What can be done with an instance, wherever it runs. */
export abstract class Controllable {
  readonly port: number;
  readonly directory: ControlDirectory;

  constructor(port: number, directory: ControlDirectory) {
    this.port = port;
    this.directory = directory;
  }

  /** Runs one control command; what `-c` prints. */
  async control(command: string): Promise<string> {
    const printed = await runInSession(this.directory.path, [command], this.port);
    if (printed !== undefined) return printed;
    const { code, stdout, stderr } = await this.run(["-c", command]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout, stderr: "" });
    return stdout;
  }

  /** Runs commands in one dialogue with `-i`; what each of them printed. */
  async dialogue(...commands: string[]): Promise<string[]> {
    const { code, stdout, stderr } = await this.run(["-i"], { stdin: commands.map((line) => line + "\n").join("") });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    return stdout.split(/balance\[\d+\] /).slice(1, commands.length + 1);
  }

  /** Runs the program with this instance's control directory and port. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return run([...args, "--control-dir", programPath(this.directory.path), String(this.port)], options);
  }

  /** All details, from `show json`. */
  async state(): Promise<InstanceState> {
    return JSON.parse(await this.control("show json"));
  }

  /** State of one channel. */
  async channel(channel: number, group = 0): Promise<ChannelState> {
    const { groups } = await this.state();
    return groups.find((item) => item.group === group)!.channels[channel];
  }

  /** Waits until the state fulfils the condition. */
  async untilState(what: string, wanted: (state: InstanceState) => boolean): Promise<void> {
    const end = performance.now() + 60_000;
    for (let state = await this.state(); !wanted(state); state = await this.state()) {
      assert.ok(performance.now() < end, `still not true: ${what}: ${JSON.stringify(state)}`);
      await pause(20);
    }
  }

  /** Connects a client. */
  client(hostname?: string): Promise<Client> {
    return Client.connect(this.port, hostname);
  }

  /** Everything that a new client receives after it has ended its own side at once. */
  async answer(hostname?: string): Promise<string> {
    using client = await this.client(hostname);
    // The other side may already be gone, for instance when there is no channel.
    await client.finish().catch(() => {});
    let text = "";
    const decoder = new TextDecoder();
    await within(60, "wait for the end of the connection", client.readToEnd((bytes) => text += decoder.decode(bytes)));
    return text;
  }

  /** What so many clients, one after another, receive. */
  async answers(count: number, hostname?: string): Promise<string[]> {
    const texts: string[] = [];
    for (let i = 0; i < count; i++) texts.push(await this.answer(hostname));
    return texts;
  }
}

/** An instance in the foreground, whose output is collected. Disposing of it ends it. */
export class Instance extends Controllable implements AsyncDisposable {
  /** Its log. */
  readonly stderr: CollectedText;
  /** Its packet dump. */
  readonly stdout: CollectedText;
  /** Resolves to the exit code. */
  readonly exit: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #ownDirectory: ControlDirectory | undefined;

  private constructor(
    child: Deno.ChildProcess,
    port: number,
    directory: ControlDirectory,
    ownDirectory: ControlDirectory | undefined,
  ) {
    super(port, directory);
    this.#child = child;
    this.#ownDirectory = ownDirectory;
    this.stderr = new CollectedText(child.stderr);
    this.stdout = new CollectedText(child.stdout);
    this.exit = child.status.then(({ code }) => code);
  }

  /** Starts it and waits until it listens. @throws {Error} with what it printed, when it ends instead */
  static async start(
    channels: readonly string[] = [],
    options: InstanceOptions = {},
    again = options.port === undefined,
  ): Promise<Instance> {
    const port = options.port ?? freePort(), ownDirectory = options.directory ? undefined : temporaryDirectory();
    const directory = options.directory ?? ownDirectory!;
    const child = spawn(["-f", ...startArguments(channels, options, port, directory)], options, "null");
    const instance = new Instance(child, port, directory, ownDirectory);
    try {
      await instance.stderr.until(" listens on ", 0, 60);
    } catch (error) {
      await instance[Symbol.asyncDispose]();
      // A test in another process may have drawn the same port.
      if (again && instance.stderr.text.endsWith(": the port is in use\n")) {
        return await Instance.start(channels, options, false);
      }
      throw error;
    }
    return instance;
  }

  /** Process id on this system: that of a wrapper, if there is one. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Waits for a line of the log and returns it. */
  async logged(wanted: RegExp, from = 0): Promise<string> {
    await this.stderr.until(new RegExp(`(?:${wanted.source})[^\n]*\n`, wanted.flags), from);
    return this.stderr.text.slice(from).split("\n").find((line) => wanted.test(line))!;
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for its own end. @returns the exit code */
  async ended(seconds = 60): Promise<number> {
    const [code] = await within(seconds, "wait for the end of the program", this.#over());
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    killQuietly(this.#child);
    await this.#over();
    this.#ownDirectory?.[Symbol.dispose]();
  }

  #over(): Promise<[number, void, void]> {
    return Promise.all([this.exit, this.stderr.ended, this.stdout.ended]);
  }
}

/** An instance in the background. Disposing of it ends it. */
export class BackgroundInstance extends Controllable implements AsyncDisposable {
  /** What the parent did. */
  readonly outcome: Outcome;
  /** Process id, as the program's own system counts. */
  readonly pid: number;
  readonly #ownDirectory: ControlDirectory | undefined;

  private constructor(
    port: number,
    directory: ControlDirectory,
    found: { outcome: Outcome; pid: number; ownDirectory: ControlDirectory | undefined },
  ) {
    super(port, directory);
    this.outcome = found.outcome;
    this.pid = found.pid;
    this.#ownDirectory = found.ownDirectory;
  }

  /** Starts it. @throws {Error} with what it printed, when it does not start */
  static async start(channels: readonly string[] = [], options: InstanceOptions = {}): Promise<BackgroundInstance> {
    const port = options.port ?? freePort(), ownDirectory = options.directory ? undefined : temporaryDirectory();
    const directory = options.directory ?? ownDirectory!;
    try {
      const outcome = await run(startArguments(channels, options, port, directory), options);
      assert.equal(outcome.code, 0, outcome.stderr);
      const state = await runInSession(directory.path, ["show json"], port) ??
        (await run(["-c", "show json", "--control-dir", programPath(directory.path), String(port)])).stdout;
      const { pid } = JSON.parse(state);
      return new BackgroundInstance(port, directory, { outcome, pid, ownDirectory });
    } catch (error) {
      ownDirectory?.[Symbol.dispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (windows) await this.run(["-c", "kill"]);
    else await endProcess(this.pid);
    this.#ownDirectory?.[Symbol.dispose]();
  }
}

/** Ends a process that is not a child of this one, and waits for its end. */
export async function endProcess(pid: number): Promise<void> {
  for (let sent = false;; sent = true) {
    try {
      // A process that has ended stays in the list until its parent collects it.
      if (Deno.build.os === "linux" && !runs(pid)) return;
      Deno.kill(pid, sent ? "SIGCONT" : "SIGKILL");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    await pause(5);
  }
}

function startArguments(
  channels: readonly string[],
  { bind = "127.0.0.1", options = [], ports }: InstanceOptions,
  port: number,
  directory: ControlDirectory,
): string[] {
  const where = bind === null ? [] : ["-b", bind];
  return [...options, ...where, "--control-dir", programPath(directory.path), ports ?? String(port), ...channels];
}
