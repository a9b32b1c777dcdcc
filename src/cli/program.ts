import { resolve } from "node:path";
import { defaultDirectory, DirectoryError, openDirectory } from "../control/directory.ts";
import { chosenDirectory } from "../control/places.ts";
import { type ControlServer, startControlServer } from "../control/server.ts";
import type { Tap } from "../engine/engine.ts";
import { LineWriter } from "../log/line_writer.ts";
import type { Log } from "../log/log.ts";
import { dumpChunk } from "../log/packet_dump.ts";
import { plural } from "../log/plural.ts";
import type { ProcessSpec } from "../options/service_spec.ts";
import { type ProcessOptions, processOptions } from "../options/values.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import { PidFile } from "../process/pid_file.ts";
import type { BalancerEvent } from "../service/events.ts";
import type { Instance } from "../service/instance.ts";
import type { Config } from "./config.ts";
import { controlPlane } from "./instance_plane.ts";
import { logStart } from "./log_start.ts";
import { LoopWarnings } from "./loop_warnings.ts";
import { watchMemory } from "./memory_watch.ts";
import { startLog } from "./program_log.ts";
import { Report } from "./report.ts";
import type { Signals } from "./signals.ts";
import { becomeUser, startInstance } from "./start_instance.ts";
import type { Supervision } from "./supervision.ts";

/** Bytes of packet dump that may wait for a slow reader. */
const DUMP_BOUND = 64 * 1024 * 1024;

/** Milliseconds that the program waits for the reader of the packet dump before it ends. */
const DUMP_FLUSH = 5_000;

/** Services, control socket and log of one running program. */
export class Program {
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

  /** @param config the file that it comes from, if there is one */
  static async start(spec: ProcessSpec, config: Config | undefined, background: boolean): Promise<Program> {
    const options = processOptions(spec.values), unresolved = config === undefined ? "error" : "wait";
    // Absolute, because the background process leaves the directory it was started in.
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
    const instance = await startInstance(spec, { onEvent: (item) => event(item), tap, unresolved });
    let control: ControlServer | undefined, pidFile: PidFile | undefined;
    try {
      pidFile = preparePidFile(options);
      openDirectory(directory); // On Windows the log of a background process lies in it.
      const name = config === undefined ? String(spec.services[0].ports[0].first) : "config";
      const log = await startLog(options, { background, directory, name });
      event = new Report(log.logger, instance).event;
      early.forEach(event);
      const killed = Promise.withResolvers<void>(), loops = new LoopWarnings(log.logger, instance);
      control = await startControlServer(
        controlPlane(instance, log, config, () => {
          control?.close();
          instance.stopAccepting();
          killed.resolve();
        }, loops),
        { directory, ...config === undefined ? placeOf(instance) : { config: String(Deno.pid) } },
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

/** The place that the control entry is called after. */
function placeOf({ services: [{ address }] }: Instance): { address: string; port: number } {
  return { address: address.hostname, port: address.port };
}
