import { resolve } from "node:path";
import { defaultDirectory, DirectoryError, openDirectory } from "../control/directory.ts";
import { chosenDirectory } from "../control/places.ts";
import { type ControlServer, startControlServer } from "../control/server.ts";
import type { Tap } from "../engine/engine.ts";
import { LineWriter } from "../log/line_writer.ts";
import { quote } from "../log/escape.ts";
import { type Log, type LogOptions, openLog } from "../log/log.ts";
import { isOwnStream } from "../log/log_file.ts";
import { dumpChunk } from "../log/packet_dump.ts";
import { plural } from "../log/plural.ts";
import type { ServeRequest } from "../options/command_line.ts";
import { type ProcessOptions, processOptions } from "../options/values.ts";
import { isBackgroundProcess, reportFailure, reportReady, startInBackground } from "../process/background.ts";
import { ExitCode, ExitError, uncapitalised, unexpected } from "../process/exit_codes.ts";
import { PidFile } from "../process/pid_file.ts";
import { takeServiceEnvironment } from "../process/service_environment.ts";
import type { BalancerEvent } from "../service/events.ts";
import type { Instance } from "../service/instance.ts";
import { controlPlane } from "./instance_plane.ts";
import { logStart } from "./log_start.ts";
import { LoopWarnings } from "./loop_warnings.ts";
import { Report } from "./report.ts";
import { watchMemory } from "./memory_watch.ts";
import { Signals } from "./signals.ts";
import { becomeUser, startInstance } from "./start_instance.ts";
import { Supervision } from "./supervision.ts";
import { complain } from "./terminal.ts";

/** Bytes of packet dump that may wait for a slow reader. */
const DUMP_BOUND = 64 * 1024 * 1024;

/** Milliseconds that the program waits for the reader of the packet dump before it ends. */
const DUMP_FLUSH = 5_000;

/** Starts an instance: here with `-f` or as process 1, otherwise in the background. @returns the exit code */
export async function serve(request: ServeRequest, program: string, args: readonly string[]): Promise<number> {
  const background = isBackgroundProcess(), options = processOptions(request.values);
  if (!background && !options.foreground && Deno.pid !== 1) {
    if (options.packetDump) complain("balance: -p has no effect in the background, add -f");
    if (options.logFormat === "json" && options.logFile === undefined && Deno.build.os !== "windows") {
      complain("balance: --log-format has no effect on the system log, add -f or --log-file FILE");
    }
    if (options.logFile !== undefined) checkLogFile(options.logFile);
    const { notes } = await startInBackground(program, args);
    for (const note of notes) complain(`balance: ${note}`);
    return ExitCode.OK;
  }
  // Before anything else: signals that come during the start must count, and registering one later can fail.
  const signals = new Signals({ background, files: false });
  const supervision = new Supervision(takeServiceEnvironment(background ? Deno.ppid : undefined));
  try {
    const program = await Program.start(request, background);
    signals.on("reopen", () => program.reopenLog());
    const notes = background ? await program.notes() : [];
    // Before the parent of a background process ends, because a service manager would believe that the program did.
    supervision.serving(() => program.status);
    if (background) reportReady(notes);
    return await program.run(signals, supervision);
  } catch (error) {
    const failure = error instanceof ExitError ? error : unexpected(error);
    if (!background) throw failure;
    reportFailure(failure);
    return failure.code;
  } finally {
    supervision.close();
  }
}

/** Services, control socket and log of one running program. */
class Program {
  readonly #instance: Instance;
  readonly #control: ControlServer;
  readonly #log: Log;
  readonly #dump: LineWriter | undefined;
  readonly #drainTimeout: number;
  readonly #killed: Promise<void>;
  readonly #pidFile: PidFile | undefined;

  private constructor(
    parts: {
      instance: Instance;
      control: ControlServer;
      log: Log;
      dump?: LineWriter;
      killed: Promise<void>;
      pidFile?: PidFile;
    },
    drainTimeout: number,
  ) {
    this.#instance = parts.instance;
    this.#control = parts.control;
    this.#log = parts.log;
    this.#dump = parts.dump;
    this.#killed = parts.killed;
    this.#pidFile = parts.pidFile;
    this.#drainTimeout = drainTimeout;
  }

  static async start(request: ServeRequest, background: boolean): Promise<Program> {
    // Absolute, because the background process leaves the directory it was started in.
    const options = processOptions(request.values), [{ ports: [{ first: port }] }] = request.services;
    const directory = resolve(chosenDirectory(options.controlDir) ?? defaultDirectory());
    const dump = options.packetDump && !background
      ? new LineWriter(
        Deno.stdout,
        DUMP_BOUND,
        (chunks) => `(${chunks} ${plural(chunks, "chunk")} lost: the reader was too slow)\n\n`,
      )
      : undefined;
    const early: BalancerEvent[] = [];
    let event = (event: BalancerEvent): void => void early.push(event);
    const tap: Tap | undefined = dump && ((direction, bytes) => dump.write(dumpChunk(direction, bytes)));
    const instance = await startInstance(request, { onEvent: (item) => event(item), tap });
    let control: ControlServer | undefined, pidFile: PidFile | undefined;
    try {
      pidFile = preparePidFile(options);
      openDirectory(directory); // On Windows the log of a background process lies in it.
      const log = await startLog({ target: logTarget(background, directory, port, options), ...logForm(options) });
      event = new Report(log.logger, instance).event;
      early.forEach(event);
      const killed = Promise.withResolvers<void>(), loops = new LoopWarnings(log.logger, instance);
      control = await startControlServer(
        controlPlane(instance, log, () => {
          control?.close();
          instance.stopAccepting();
          killed.resolve();
        }, loops),
        { directory, ...listeningOn(instance) },
      );
      pidFile?.publish();
      becomeUser(options);
      logStart(log.logger, instance);
      loops.look();
      return new Program({ instance, control, log, dump, killed: killed.promise, pidFile }, options.drainTimeout);
    } catch (error) {
      pidFile?.remove();
      control?.close();
      await instance.stop();
      throw error instanceof DirectoryError ? new ExitError(ExitCode.RENDEZVOUS, error.message) : error;
    }
  }

  /** Notes for the user before the instance is left on its own. */
  async notes(): Promise<string[]> {
    // The first lines show whether it can be written.
    await this.#log.flush();
    const { problem, target } = this.#log.state;
    if (problem === null) return [];
    return [`the log is not written: ${problem}` + (target === "syslog" ? "; --log-file FILE writes one" : "")];
  }

  /** What it does, in one line for people. */
  get status(): string {
    const { connections, services: { length } } = this.#instance;
    return `serving ${length} ${plural(length, "service")}, ${connections} ${plural(connections, "connection")}`;
  }

  /** Opens the log file again after its rotation. */
  async reopenLog(): Promise<void> {
    await this.#log.reopen();
  }

  /** Serves until a signal or `kill`, then drains. @returns the exit code */
  async run(signals: Signals, supervision: Supervision): Promise<number> {
    const { logger } = this.#log;
    const unwatchMemory = watchMemory(this.#instance, logger);
    const cause = await Promise.race([signals.next(), this.#killed.then(() => "kill" as const)]);
    unwatchMemory();
    supervision.stopping();
    this.#control.close();
    // Before this is logged, because whoever reads the log may rely on the port.
    this.#instance.stopAccepting();
    const drain = cause === "kill" || cause === "drain";
    const connections = this.#instance.connections;
    logger.info(`stopping, {connections} ${plural(connections, "connection")} left to end`, { connections });
    const left = drain ? await this.#drainUntil(signals) : connections;
    await this.#instance.stop();
    this.#control.closeSessions();
    this.#pidFile?.remove();
    if (left > 0) logger.warn(`stopped, {left} ${plural(left, "connection was", "connections were")} cut`, { left });
    else logger.info("stopped");
    await this.#dump?.flush(DUMP_FLUSH);
    await this.#log.flush();
    return ExitCode.OK;
  }

  /** Lets connections end, until the time is over or another signal comes. @returns how many had to be cut */
  async #drainUntil(signals: Signals): Promise<number> {
    let left = 0;
    const drained = this.#instance.drain(this.#drainTimeout).then((count) => left = count);
    const hurried = signals.next().then(() => {
      left = this.#instance.connections;
    });
    await Promise.race([drained, hurried]);
    return left;
  }
}

/** @throws {ExitError} 71 when it cannot be written */
function preparePidFile({ pidFile }: ProcessOptions): PidFile | undefined {
  if (pidFile === undefined) return undefined;
  try {
    // Absolute, because the background process leaves the directory it was started in.
    return PidFile.prepare(resolve(pidFile));
  } catch (error) {
    throw new ExitError(ExitCode.SYSTEM, uncapitalised(error));
  }
}

function logForm({ logFormat, trace }: ProcessOptions): { format: "text" | "json"; debug: boolean } {
  return { format: logFormat, debug: trace };
}

async function startLog(options: LogOptions): Promise<Log> {
  try {
    return await openLog(options);
  } catch (error) {
    throw new ExitError(ExitCode.SYSTEM, uncapitalised(error));
  }
}

function logTarget(
  background: boolean,
  directory: string,
  port: number,
  { logFile }: ProcessOptions,
): LogOptions["target"] {
  // Absolute, because the background process leaves the directory it was started in.
  if (logFile !== undefined) return { file: resolve(logFile) };
  if (!background) return "stderr" as const;
  // Windows has no system log that a program without an installer could write to.
  return Deno.build.os === "windows" ? { file: `${directory}\\balance-${port}.log` } : "syslog" as const;
}

/** A background process has none of its parent's streams. @throws {ExitError} 64 when the log is to go to one of them */
function checkLogFile(path: string): void {
  if (!isOwnStream(resolve(path))) return;
  throw new ExitError(
    ExitCode.USAGE,
    `option --log-file: ${quote(path)} is a stream of this process, which the background process does not have; add -f`,
  );
}

function listeningOn({ services: [{ address }] }: Instance): { address: string; port: number } {
  return { address: address.hostname, port: address.port };
}
