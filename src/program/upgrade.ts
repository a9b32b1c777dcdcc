import type { Outcome } from "../control/control_plane.ts";
import type { HeldEntry } from "../control/listener.ts";
import type { ControlServer } from "../control/server.ts";
import { escape } from "../log/escape.ts";
import type { Logger } from "../log/log.ts";
import type { InheritedSocket } from "../process/match_sockets.ts";
import { argumentsOfItself } from "../process/own_program.ts";
import type { PidFile } from "../process/pid_file.ts";
import { environmentForSuccessor, type ServiceEnvironment } from "../process/service_environment.ts";
import { Successor, successorUnavailable } from "../process/successor.ts";
import type { Plan } from "./plan.ts";

/** How this program was started, for a successor that is to be started the same way. */
export interface StartedBy {
  /** Path of the executable. */
  readonly program: string;
  /** Arguments of the program. */
  readonly args: readonly string[];
  /** Working directory at the start. */
  readonly directory: string;
  readonly environment: ServiceEnvironment;
  /** Whether it has no terminal. */
  readonly background: boolean;
}

/** The running program, as far as it is handed over. */
export interface Predecessing {
  readonly logger: Logger;
  readonly engine: string;
  /** Why it cannot be handed over at this moment, as the end of a sentence. */
  busy(): string | undefined;
  readonly control: ControlServer;
  /**
   * The descriptor of the control socket, where a successor could not make an entry of its own.
   *
   * @throws {Error} whose message is the end of a sentence, when it could not use that either
   */
  controlSocket(): number | undefined;
  readonly pidFile: PidFile | undefined;
  /** Its listening sockets, each with the name of its service; undefined where the engine cannot hand them over. */
  sockets(): readonly InheritedSocket[] | undefined;
  /** What may change until the last moment: counters, and what operators did. */
  state(): unknown;
  pauseAccepting(): void;
  resumeAccepting(): void;
  /** The successor serves: end. */
  replacedBy(pid: number): void;
}

/** Replaces this process by the program as it is on disk now. Until the successor serves, every step can be undone. */
export class Upgrade {
  readonly #startedBy: StartedBy;
  readonly #old: Predecessing;
  #state: "none" | "under way" | "done" = "none";
  #underWay: Promise<Outcome> | undefined;
  #successor: Successor | undefined;
  readonly #abandoned = new AbortController();

  constructor(startedBy: StartedBy, old: Predecessing) {
    this.#startedBy = startedBy;
    this.#old = old;
  }

  /** Why nothing can be changed now, since the change would be lost; undefined while it can. */
  get frozen(): string | undefined {
    if (this.#state === "none") return undefined;
    return this.#state === "done" ? "a new process serves, connect again" : "an upgrade is under way, try again";
  }

  /** What comes of the upgrade that is under way. */
  get underWay(): Promise<Outcome> | undefined {
    return this.#underWay;
  }

  /** Hands over. Logs what it does. Never rejects. */
  run(): Promise<Outcome> {
    if (this.#state !== "none") return Promise.resolve({ ok: false, lines: [this.frozen!] });
    this.#state = "under way";
    return this.#underWay = this.#run().finally(() => this.#underWay = undefined);
  }

  /** Ends an upgrade that is under way and allows no further one, because the program is about to end. */
  async abandon(): Promise<void> {
    this.#abandoned.abort();
    await this.#underWay;
  }

  /** Passes a signal on to the successor. @returns its process id; undefined when it has ended */
  tell(signal: Deno.Signal): number | undefined {
    return this.#successor?.signal(signal) ? this.#successor.pid : undefined;
  }

  async #run(): Promise<Outcome> {
    const { logger } = this.#old;
    try {
      const pid = await this.#handOver();
      return { ok: true, lines: [`upgraded, process ${pid} serves`] };
    } catch (error) {
      this.#state = "none";
      const reason = this.#abandoned.signal.aborted ? "this process ends" : escape((error as Error).message);
      logger.error("cannot upgrade: {reason}", { reason });
      return { ok: false, lines: [`cannot upgrade: ${reason}`] };
    }
  }

  /** @returns the successor's process id @throws {Error} whose message is the end of a sentence; nothing has changed */
  async #handOver(): Promise<number> {
    const { control, logger } = this.#old;
    this.#abandoned.signal.throwIfAborted();
    const obstacle = successorUnavailable() ?? this.#old.busy();
    if (obstacle !== undefined) throw new Error(obstacle);
    const sockets = this.#old.sockets();
    if (sockets === undefined) throw new Error(`the ${this.#old.engine} engine cannot hand over its listening sockets`);
    const socket = this.#old.controlSocket();
    logger.info("upgrading: starting a new process");
    const successor = await this.#start(sockets, socket);
    const entry = await orStop(
      successor,
      () => Promise.resolve(socket === undefined ? control.hold() : shared(control)),
    );
    try {
      // Clients wait in the queues, which both processes have, until the successor serves.
      this.#old.pauseAccepting();
      const notes = await orStop(successor, async () => {
        const notes = await successor.takeOver(JSON.stringify(this.#old.state()));
        // One that was ended because this process ends may have reported before.
        this.#abandoned.signal.throwIfAborted();
        return notes;
      });
      for (const note of notes) logger.warn("{note}", { note });
    } catch (error) {
      entry.restore();
      this.#old.pidFile?.restore();
      this.#old.resumeAccepting();
      throw error;
    }
    // Nothing of this can fail, and nothing comes between.
    const { pid } = successor;
    this.#state = "done";
    this.#successor = successor;
    logger.info("upgraded: process {pid} serves", { pid });
    entry.release();
    control.withdraw();
    control.retire();
    this.#old.replacedBy(pid);
    // Last, because it tells the successor that a service manager has heard of it.
    successor.letGo();
    return pid;
  }

  #start(sockets: readonly InheritedSocket[], control: number | undefined): Promise<Successor> {
    const { entry } = this.#old.control, descriptors = sockets.map(({ descriptor }) => descriptor);
    const { program, args, directory, environment, background } = this.#startedBy;
    return Successor.start({
      program,
      args: argumentsOfItself(args),
      directory: canEnter(directory) ? directory : "/",
      environment: environmentForSuccessor(environment),
      detached: background,
      sockets: control === undefined ? descriptors : [...descriptors, control],
      plan: JSON.stringify({ background, sockets, entry, control } satisfies Plan),
      abandoned: this.#abandoned.signal,
      stopped: (pid) => {
        this.#old.control.sweep(pid);
        this.#old.pidFile?.sweep(pid);
      },
    });
  }
}

/** An entry that stays, since both processes have its socket. */
function shared(control: ControlServer): HeldEntry {
  return { restore: () => {}, release: () => control.close() };
}

/** Ends the successor if something fails. */
async function orStop<T>(successor: Successor, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    await successor.stop();
    throw error;
  }
}

/** The directory may be gone by now, or closed to the user that the program has become. */
function canEnter(directory: string): boolean {
  try {
    return Deno.statSync(`${directory}/.`).isDirectory;
  } catch {
    return false;
  }
}
