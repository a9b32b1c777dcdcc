import { resolve } from "node:path";
import { defaultDirectory, DirectoryError, openDirectory } from "../control/directory.ts";
import { chosenDirectory } from "../control/places.ts";
import { type ControlServer, startControlServer } from "../control/server.ts";
import type { EntryName } from "../control/entries.ts";
import type { Listener, Tap } from "../engine/engine.ts";
import { LineWriter } from "../log/line_writer.ts";
import type { Log } from "../log/log.ts";
import { dumpChunk } from "../log/packet_dump.ts";
import { plural } from "../log/plural.ts";
import type { ProcessSpec } from "../options/service_spec.ts";
import { type ProcessOptions, processOptions } from "../options/values.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import type { InheritedSocket } from "../process/match_sockets.ts";
import { PidFile } from "../process/pid_file.ts";
import type { BalancerEvent } from "../service/events.ts";
import type { Instance } from "../service/instance.ts";
import { placeOf } from "../service/listen.ts";
import type { Service } from "../service/service.ts";
import type { Config } from "./config.ts";
import { restoreState, stateOf } from "./handed_state.ts";
import { Configuration } from "./configuration.ts";
import { controlPlane } from "./instance_plane.ts";
import { logStart } from "./log_start.ts";
import { LoopWarnings } from "./loop_warnings.ts";
import { watchMemory } from "./memory_watch.ts";
import { startLog } from "./program_log.ts";
import { Report } from "./report.ts";
import type { Signals } from "./signals.ts";
import { becomeUser, startInstance } from "./start_instance.ts";
import type { Supervision } from "./supervision.ts";
import { type StartedBy, Upgrade } from "./upgrade.ts";

/** Bytes of packet dump that may wait for a slow reader. */
const DUMP_BOUND = 64 * 1024 * 1024;

/** Milliseconds that the program waits for the reader of the packet dump before it ends. */
const DUMP_FLUSH = 5_000;

/** How a program begins. */
export interface Beginning {
  readonly startedBy: StartedBy;
  /** Listening sockets that were opened by somebody else. */
  readonly inherited: readonly InheritedSocket[];
  readonly supervision: Supervision;
  /** The entry in the control directory that is to be taken over; then it only prepares, until `takeOver`. */
  readonly entry: EntryName | undefined;
}

/** Services, control socket and log of one running program. */
export class Program {
  readonly #instance: Instance;
  readonly #control: ControlServer;
  readonly #log: Log;
  readonly #dump: LineWriter | undefined;
  readonly #configuration: Configuration;
  #drainTimeout: number;
  readonly #killed: Promise<"kill" | "upgraded">;
  readonly #pidFile: PidFile | undefined;
  readonly #upgrade: Upgrade;
  readonly #supervision: Supervision;
  readonly #listens: () => void;

  private constructor(
    parts: {
      instance: Instance;
      control: ControlServer;
      log: Log;
      dump?: LineWriter;
      killed: Promise<"kill" | "upgraded">;
      pidFile?: PidFile;
      upgrade: Upgrade;
      configuration: Configuration;
      supervision: Supervision;
      listens: () => void;
    },
    drainTimeout: number,
  ) {
    this.#instance = parts.instance;
    this.#control = parts.control;
    this.#log = parts.log;
    this.#dump = parts.dump;
    this.#killed = parts.killed;
    this.#pidFile = parts.pidFile;
    this.#upgrade = parts.upgrade;
    this.#configuration = parts.configuration;
    this.#supervision = parts.supervision;
    this.#listens = parts.listens;
    this.#drainTimeout = drainTimeout;
  }

  /** @param config the file that it comes from, if there is one */
  static async start(spec: ProcessSpec, config: Config | undefined, beginning: Beginning): Promise<Program> {
    const { startedBy, inherited, supervision, entry } = beginning, { background } = startedBy;
    const draft = entry !== undefined;
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
    const instance = await startInstance(spec, {
      onEvent: (item) => event(item),
      tap,
      unresolved,
      inherited,
      paused: draft,
    });
    let control: ControlServer | undefined, pidFile: PidFile | undefined, running: Program | undefined;
    try {
      pidFile = preparePidFile(options);
      openDirectory(directory); // On Windows the log of a background process lies in it.
      const file = config === undefined ? String(spec.services[0].ports[0].first) : "config";
      const log = await startLog(options, { background, directory, name: file });
      event = new Report(log.logger, instance).event;
      early.forEach(event);
      const killed = Promise.withResolvers<"kill" | "upgraded">(), loops = new LoopWarnings(log.logger, instance);
      const upgrade: Upgrade = new Upgrade(startedBy, {
        logger: log.logger,
        engine: instance.engine,
        busy: () => instance.reloading ? "a reload is under way, try again" : undefined,
        get control() {
          return control!;
        },
        get pidFile() {
          return pidFile;
        },
        sockets: () => listeningSockets(instance),
        plan: () => ({ entry: control!.entry }),
        state: () => stateOf(instance),
        pauseAccepting: () => instance.pauseAccepting(),
        resumeAccepting: () => instance.resumeAccepting(),
        replacedBy: (pid) => {
          supervision.replacedBy(pid);
          instance.stopAccepting();
          killed.resolve("upgraded");
        },
      });
      const configuration = new Configuration(instance, config, log.logger, (next) => {
        running?.follow(next);
        loops.look();
      });
      const shutdown = () => {
        control?.close();
        instance.stopAccepting();
        killed.resolve("kill");
      };
      const name = entry ?? (config === undefined ? entryPlace(instance) : { config: String(Deno.pid) });
      control = await startControlServer(
        controlPlane(instance, log, config, configuration, shutdown, upgrade, loops),
        { directory, ...name, draft },
      );
      if (!draft) pidFile?.publish();
      becomeUser(options);
      const listens = () => {
        logStart(log.logger, instance);
        loops.look();
      };
      if (!draft) listens();
      running = new Program(
        { instance, control, log, dump, killed: killed.promise, pidFile, upgrade, configuration, supervision, listens },
        options.drainTimeout,
      );
      return running;
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

  /** Takes the place of the predecessor, which accepts no clients any more. @param state its state, if it sent one */
  takeOver(state: string | undefined): void {
    if (state !== undefined) restoreState(this.#instance, state, this.#log.logger);
    this.#control.publish();
    this.#pidFile?.publish();
    this.#instance.resumeAccepting();
    this.#listens();
  }

  /** Lets the program as it is on disk now take the place of this process. */
  async upgrade(): Promise<void> {
    await this.#upgrade.run();
  }

  /**
   * Reads its file of services again and applies what has changed, or changes nothing. Waits for a reload or an upgrade
   * that is under way, since nobody would ask again. Logs it. Never rejects.
   */
  async reload(): Promise<void> {
    const { logger } = this.#log, { frozen, underWay } = this.#upgrade;
    if (frozen === undefined) await this.#configuration.reloadNext();
    else if (underWay === undefined) logger.warn("cannot reload: {reason}", { reason: frozen });
    else if ((await underWay).ok) this.#upgrade.tell("SIGHUP");
    else await this.reload();
  }

  /** Takes over what has changed for the program itself. */
  follow({ spec }: Config): void {
    const { drainTimeout, trace } = processOptions(spec.values);
    this.#drainTimeout = drainTimeout;
    this.#log.setDebug(trace);
  }

  /** Opens the log file again after its rotation. */
  async reopenLog(): Promise<void> {
    await this.#log.reopen();
  }

  /** Serves until a signal or `kill`, then drains. @returns the exit code */
  async run(signals: Signals): Promise<number> {
    const { logger } = this.#log;
    const unwatchMemory = watchMemory(this.#instance, logger);
    const cause = await Promise.race([signals.next(), this.#killed]);
    unwatchMemory();
    if (cause !== "upgraded") {
      this.#supervision.stopping();
      this.#control.close();
    }
    // Before this is logged, because whoever reads the log may rely on the port.
    this.#instance.stopAccepting();
    const drain = cause !== "at once";
    const connections = this.#instance.connections;
    logger.info(`stopping, {connections} ${plural(connections, "connection")} left to end`, { connections });
    const left = drain ? await this.#drainUntil(signals) : connections;
    await this.#instance.stop();
    this.#control.closeSessions();
    this.#control.close();
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

/** Every listening socket, with its service. */
function listenersOf({ services }: Instance): { service: Service; listener: Listener }[] {
  return services.flatMap((service) => service.served.listeners.map((listener) => ({ service, listener })));
}

/** The listening sockets that a successor can inherit; undefined where the engine cannot hand them over. */
function listeningSockets(instance: Instance): InheritedSocket[] | undefined {
  const all = listenersOf(instance).map(({ service: { name }, listener }) => {
    const { hostname, port } = placeOf(listener);
    return { name, hostname, port, descriptor: listener.descriptor ?? -1 };
  });
  return all.some(({ descriptor }) => descriptor < 0) ? undefined : all;
}

/** The place that the control entry is called after. */
function entryPlace({ services: [{ address }] }: Instance): { address: string; port: number } {
  return { address: address.hostname, port: address.port };
}
