import { escape } from "../log/escape.ts";
import { parseReport, type Report, SUCCESSOR } from "./handover.ts";
import { whileInheritable } from "./inheritable.ts";
import { howItEnded, missingPermission } from "./own_program.ts";
import { ReportPipe } from "./report_pipe.ts";
import { withholdDescriptors } from "./withhold_descriptors.ts";

/** Seconds a successor has until it has prepared everything, and again until it serves. */
const PATIENCE = 30;

/** Characters that are kept of what a successor prints before it can report. */
const LONGEST_COMPLAINT = 4096;

/** How to start a successor. */
export interface SuccessorOptions {
  /** Path of the executable. */
  readonly program: string;
  /** Its arguments, see `argumentsOfItself`. */
  readonly args: readonly string[];
  /** Working directory: where this program was started, since arguments may be relative to it. */
  readonly directory: string;
  /** Environment variables, besides this process's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it gets a session of its own. */
  readonly detached: boolean;
  /** Listening sockets that it inherits, under their numbers. */
  readonly sockets: readonly number[];
  /** One line of text that tells it what to take over. */
  readonly plan: string;
  /** Seconds for each of its two steps. Default 30. */
  readonly patience?: number;
  /** Kills it at any moment until `letGo`. */
  readonly abandoned?: AbortSignal;
  /** Called when it has been ended, with its process id, to remove what it may have left. */
  readonly stopped?: (pid: number) => void;
}

/** Why no successor can be started here, as the end of a sentence; undefined when one can. */
export function successorUnavailable(): string | undefined {
  if (Deno.build.os !== "linux") return `that needs Linux, this is ${Deno.build.os}`;
  if (Deno.pid === 1) return "it is process 1, and its container would end with it; start a new container instead";
  const missing = missingPermission();
  return missing && `that needs all permissions (deno run -A), and --allow-${missing} is missing`;
}

/**
 * A process that is to take the place of this one: the same program as it is on disk now. The steps are: it is started
 * with the listening sockets and the plan, prepares, and reports; this process stops accepting and sends its state; the
 * successor serves, and reports. Until then, `stop` undoes everything.
 */
export class Successor {
  readonly #child: Deno.ChildProcess;
  readonly #pipe: ReportPipe;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #patience: number;
  #status: Deno.CommandStatus | undefined;
  #complaint = "";
  readonly #quiet: Promise<void>;
  readonly #abandoned: AbortSignal | undefined;
  readonly #stopped: (pid: number) => void;
  readonly #kill = () => void this.signal("SIGKILL");

  private constructor(
    child: Deno.ChildProcess,
    pipe: ReportPipe,
    { patience = PATIENCE, abandoned, stopped = () => {} }: SuccessorOptions,
  ) {
    this.#child = child;
    this.#pipe = pipe;
    this.#stdin = child.stdin.getWriter();
    this.#patience = patience;
    this.#abandoned = abandoned;
    this.#stopped = stopped;
    abandoned?.addEventListener("abort", this.#kill);
    child.status.then((status) => this.#status = status);
    this.#quiet = this.#collect(child.stderr);
  }

  /**
   * Starts it and waits until it is prepared.
   *
   * @throws {Error} whose message is the end of a sentence, when it does not get that far; it has ended then
   */
  static async start(options: SuccessorOptions): Promise<Successor> {
    const successor = spawn(options, (child, pipe) => new Successor(child, pipe, options));
    try {
      await successor.#send(options.plan);
      await successor.#expect("prepared", "it was ready");
      return successor;
    } catch (error) {
      await successor.stop();
      throw error;
    }
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves when it has ended and everything that it printed here has been read. */
  get ended(): Promise<void> {
    return this.#child.status.then(() => this.#quiet);
  }

  /**
   * Sends the state as it is at the end, and waits until the successor serves. @returns what it has to say
   *
   * @param state one line of text
   * @throws {Error} as `start` does, but it may still run: call `stop`
   */
  async takeOver(state: string): Promise<readonly string[]> {
    await this.#send(state);
    return (await this.#expect("serving", "it served")).notes;
  }

  /** Lets it live without this process. */
  letGo(): void {
    this.#abandoned?.removeEventListener("abort", this.#kill);
    this.#stdin.close().catch(() => {});
    this.#pipe[Symbol.dispose]();
    this.#child.unref();
  }

  /** Sends it a signal. @returns whether it still ran */
  signal(signal: Deno.Signal): boolean {
    try {
      this.#child.kill(signal);
      return true;
    } catch {
      return false;
    }
  }

  /** Ends it, and waits for its end. */
  async stop(): Promise<void> {
    this.#abandoned?.removeEventListener("abort", this.#kill);
    this.#kill();
    await this.#child.status;
    this.#stdin.abort().catch(() => {});
    await this.#quiet;
    this.#pipe[Symbol.dispose]();
    this.#stopped(this.pid);
  }

  async #send(line: string): Promise<void> {
    try {
      await this.#inTime(this.#stdin.write(new TextEncoder().encode(`${line}\n`)));
    } catch (error) {
      if (error instanceof Late) throw error;
      // It has ended. The wait for its report will show how.
    }
  }

  async #expect<K extends Report["report"]>(kind: K, what: string): Promise<Extract<Report, { report: K }>> {
    const line = await this.#inTime(this.#pipe.line(() => this.#status !== undefined));
    if (line === undefined) {
      const status = await this.#inTime(this.#child.status);
      await this.#quiet;
      const complaint = firstLine(this.#complaint);
      throw new Error(`the new process ended ${howItEnded(status)} before ${what}${complaint && `: ${complaint}`}`);
    }
    const report = parseReport(line);
    if (report.report === "failed") throw new Error([report.error, ...report.details].map(escape).join("; "));
    if (report.report !== kind) throw new Error(`the new process reports ${JSON.stringify(report.report)} too early`);
    return report as Extract<Report, { report: K }>;
  }

  async #inTime<T>(promise: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Late(`the new process is not ready after ${this.#patience} s`)),
        this.#patience * 1000,
      );
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #collect(stderr: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of stderr) {
        if (this.#complaint.length < LONGEST_COMPLAINT) this.#complaint += decoder.decode(chunk, { stream: true });
      }
    } catch {
      // Whatever it printed until now must do.
    }
  }
}

class Late extends Error {}

function spawn<T>(options: SuccessorOptions, act: (child: Deno.ChildProcess, pipe: ReportPipe) => T): T {
  const pipe = new ReportPipe(), { reports, stderr } = pipe;
  withholdDescriptors();
  try {
    const child = whileInheritable([...options.sockets, reports, stderr], () =>
      new Deno.Command(options.program, {
        args: [...options.args],
        cwd: options.directory,
        env: { ...options.environment, [SUCCESSOR]: `${Deno.pid}:${reports}:${stderr}` },
        stdin: "piped",
        stdout: "inherit",
        // Until it can report, what it prints says why it failed.
        stderr: "piped",
        detached: options.detached,
      }).spawn());
    pipe.handedOver();
    return act(child, pipe);
  } catch (error) {
    pipe[Symbol.dispose]();
    throw new Error(`the new process cannot be started: ${escape((error as Error).message)}`);
  }
}

function firstLine(text: string): string {
  const plain = text.replaceAll(/\x1b\[[\d;]*m/g, "");
  return escape(plain.split("\n").find((line) => line.trim() !== "") ?? "").slice(0, 300);
}
