import type { ControlServer } from "../control/server.ts";
import { RunningClock } from "../engine/running_clock.ts";
import type { LineWriter } from "../log/line_writer.ts";
import type { Log } from "../log/log.ts";
import { plural } from "../log/plural.ts";
import { type ProcessOptions, processOptions } from "../options/values.ts";
import { ExitCode } from "../process/exit_codes.ts";
import type { InheritedSocket } from "../process/match_sockets.ts";
import type { PidFile } from "../process/pid_file.ts";
import type { Instance } from "../service/instance.ts";
import type { Config } from "./config.ts";
import type { ConnectionLogs } from "./connection_logs.ts";
import type { Configuration } from "./configuration.ts";
import { restoreState } from "./handed_state.ts";
import { watchMemory } from "./memory_watch.ts";
import { watchForHints } from "./hints.ts";
import { logPlace } from "./log_place.ts";
import { levelOf } from "./program_log.ts";
import { publish } from "./publish.ts";
import type { Signals } from "./signals.ts";
import type { Supervision } from "./supervision.ts";
import type { Upgrade } from "./upgrade.ts";
import type { ViewsOnDemand } from "./views_on_demand.ts";

/** Milliseconds that the program waits for the reader of the packet dump before it ends. */
const DUMP_FLUSH = 5_000;

/** What a running program consists of. */
export interface ProgramParts {
  readonly instance: Instance;
  readonly control: ControlServer;
  readonly log: Log;
  readonly connectionLogs: ConnectionLogs;
  readonly dump: LineWriter | undefined;
  readonly pidFile: PidFile | undefined;
  readonly upgrade: Upgrade;
  readonly configuration: Configuration;
  readonly supervision: Supervision;
  readonly views: ViewsOnDemand;
  /** Resolves when it is to end without a signal. */
  readonly killed: Promise<"kill" | "upgraded">;
  /** Says in the log that it accepts clients. */
  readonly listens: () => void;
}

/** Services, control socket and log of one running program. */
export class Program {
  readonly #parts: ProgramParts;
  /** Those of the start. */
  readonly #options: ProcessOptions;
  /** Seconds that connections get to end. */
  #drainTimeout: number;
  /** Seconds for which it serves on when it is told to stop. */
  #grace: number;
  #leaving = false;

  /** `startProgram` makes programs. */
  constructor(parts: ProgramParts, options: ProcessOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#drainTimeout = options.drainTimeout;
    this.#grace = options.grace;
  }

  /** Whether it is about to stop, although it may still accept clients. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** Notes for the user before the instance is left on its own. */
  async notes(): Promise<string[]> {
    // The first lines show whether it can be written.
    await this.#parts.log.flush();
    const { problem, target } = this.#parts.log.state;
    if (problem === null) return [];
    return [`the log is not written: ${problem}` + (target === "syslog" ? "; --log-file FILE writes one" : "")];
  }

  /** Where it logs, for people; undefined if it cannot, or where they see it themselves. */
  get logPlace(): string | undefined {
    return logPlace(this.#parts.log.state);
  }

  /** What it does, in one line for people. */
  get status(): string {
    const { connections, services: { length } } = this.#parts.instance;
    return `serving ${length} ${plural(length, "service")}, ${connections} ${plural(connections, "connection")}`;
  }

  /**
   * Takes the place of the predecessor, which accepts no clients any more.
   *
   * @param state its state; undefined when it has ended without sending one
   * @param sockets its listening sockets
   * @throws {ExitError} when the control socket, the PID file or the places of views cannot be taken over
   */
  async takeOver(state: string | undefined, sockets: readonly InheritedSocket[]): Promise<void> {
    const { instance, log, control, pidFile, views, listens } = this.#parts;
    if (state !== undefined) await restoreState(instance, state, sockets, log.logger);
    else {
      log.logger.warn("counters and changes at run time are lost: the old process ended before it handed them over");
      instance.takeOverHealth(undefined);
    }
    await views.open(this.#options);
    publish(control, pidFile);
    instance.resumeAccepting();
    listens();
  }

  /** Removes what the predecessor has left where it was killed in the middle of the upgrade. */
  sweep(pid: number): void {
    this.#parts.control.sweep(pid);
  }

  /** Replaces this process with the program as it is on disk now. */
  async upgrade(): Promise<void> {
    await this.#parts.upgrade.run();
  }

  /**
   * Reads its file of services again and applies what has changed, or changes nothing. Waits for a reload or an upgrade
   * that is under way, since nobody would ask again. After an upgrade, the new process does it. Logs it. Never rejects.
   */
  async reload(): Promise<void> {
    const { log: { logger }, upgrade, configuration } = this.#parts, { frozen, underWay } = upgrade;
    if (frozen === undefined) return void await configuration.reloadNext();
    if (underWay !== undefined && !(await underWay).ok) return await this.reload();
    const pid = upgrade.tell("SIGHUP");
    if (pid !== undefined) logger.info("process {pid} is told to reload", { pid });
    else logger.warn("cannot reload: the new process has ended");
  }

  /** Takes over what has changed for the program itself. */
  follow({ spec }: Config): void {
    const options = processOptions(spec.values), { drainTimeout, grace } = options;
    this.#drainTimeout = drainTimeout;
    this.#grace = grace;
    this.#parts.log.setLevel(levelOf(options));
  }

  /** Opens the log files again after their rotation. */
  async reopenLog(): Promise<void> {
    const { log, connectionLogs } = this.#parts;
    await Promise.all([log.reopen(), connectionLogs.reopen()]);
  }

  /** Serves until a signal or `kill`, then drains. @returns the exit code */
  async run(signals: Signals): Promise<number> {
    const { instance, control, log, connectionLogs, supervision, upgrade, views, killed, pidFile, dump } = this.#parts,
      { logger } = log;
    const unwatchMemory = watchMemory(instance, logger), unwatchForHints = watchForHints(instance, logger);
    const first = await Promise.race([signals.next(), killed]);
    const cause = first === "drain" && this.#grace > 0 ? await this.#serveOn(signals) : first;
    unwatchMemory();
    unwatchForHints();
    this.#leaving = true;
    if (cause !== "upgraded") {
      // Otherwise the new process would serve on, although this one was asked to end.
      await upgrade.abandon();
      supervision.stopping();
      control.close();
    }
    // Before this is logged, because whoever reads the log may rely on the port.
    instance.stopAccepting();
    const drain = cause !== "at once";
    const connections = instance.connections;
    logger.info(`stopping, {connections} ${plural(connections, "connection")} left to end`, { connections });
    const left = drain ? await this.#drainUntil(signals) : connections;
    await instance.stop();
    control.closeSessions();
    control.close();
    await views.stop();
    pidFile?.remove();
    if (left > 0) logger.warn(`stopped, {left} ${plural(left, "connection was", "connections were")} cut`, { left });
    else logger.info("stopped");
    await Promise.all([dump?.flush(DUMP_FLUSH), connectionLogs.stop()]);
    await log.flush();
    return ExitCode.OK;
  }

  /** Accepts clients for the grace, while whoever asks hears that it is about to stop. @returns what ends it */
  async #serveOn(signals: Signals): Promise<"drain" | "at once" | "kill" | "upgraded"> {
    const { log: { logger }, upgrade, killed } = this.#parts, grace = this.#grace;
    this.#leaving = true;
    await upgrade.abandon();
    logger.info(`stopping in {grace} s: until then clients are accepted, but health is bad`, { grace });
    const clock = new RunningClock(), over = Promise.withResolvers<"drain">();
    const alarm = clock.at(clock.now() + grace * 1000, () => over.resolve("drain"));
    // As without a grace, a second signal ends everything at once.
    const hurried = signals.next().then(() => "at once" as const);
    try {
      return await Promise.race([over.promise, hurried, killed]);
    } finally {
      alarm.cancel();
    }
  }

  /** Lets connections end, until the time is over or another signal comes. @returns how many had to be cut */
  async #drainUntil(signals: Signals): Promise<number> {
    const { instance } = this.#parts;
    let left = 0;
    const drained = instance.drain(this.#drainTimeout).then((count) => left = count);
    const hurried = signals.next().then(() => {
      left = instance.connections;
    });
    await Promise.race([drained, hurried]);
    return left;
  }
}
