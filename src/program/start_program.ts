import { resolve } from "node:path";
import { defaultDirectory, DirectoryError, openDirectory } from "../control/directory.ts";
import { pathOf } from "../control/entries.ts";
import { chosenDirectory } from "../control/places.ts";
import { type ControlServer, startControlServer } from "../control/server.ts";
import type { Tap } from "../engine/engine.ts";
import { LineWriter } from "../log/line_writer.ts";
import { dumpChunk } from "../log/packet_dump.ts";
import { plural } from "../log/plural.ts";
import type { ProcessSpec } from "../options/service_spec.ts";
import { type ProcessOptions, processOptions } from "../options/values.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import { listeningUnixSocket } from "../process/listening_unix_socket.ts";
import type { InheritedSocket } from "../process/match_sockets.ts";
import { PidFile } from "../process/pid_file.ts";
import type { BalancerEvent } from "../service/events.ts";
import type { Instance } from "../service/instance.ts";
import { placeOf } from "../service/listen.ts";
import type { Config } from "./config.ts";
import { Configuration } from "./configuration.ts";
import { stateOf } from "./handed_state.ts";
import { controlPlane } from "./instance_plane.ts";
import { logStart, warnOfLimits } from "./log_start.ts";
import { LoopWarnings } from "./loop_warnings.ts";
import type { Plan } from "./plan.ts";
import { Program } from "./program.ts";
import { startLog } from "./program_log.ts";
import { publish } from "./publish.ts";
import { Report } from "./report.ts";
import { becomeUser, startInstance } from "./start_instance.ts";
import type { Supervision } from "./supervision.ts";
import { type StartedBy, Upgrade } from "./upgrade.ts";

/** Bytes of packet dump that may wait for a slow reader. */
const DUMP_BOUND = 64 * 1024 * 1024;

/** How a program begins. */
export interface Beginning {
  readonly startedBy: StartedBy;
  /** Listening sockets that were opened by somebody else. */
  readonly inherited: readonly InheritedSocket[];
  readonly supervision: Supervision;
  /** What is to be taken over from a predecessor; then it only prepares, until `takeOver`. */
  readonly plan: Plan | undefined;
}

/**
 * Starts services, control socket and log.
 *
 * @param config the file that the description comes from, if there is one
 * @throws {ExitError} with the code that says what went wrong
 */
export async function startProgram(
  spec: ProcessSpec,
  config: Config | undefined,
  beginning: Beginning,
): Promise<Program> {
  const { startedBy, inherited, supervision, plan } = beginning, { background } = startedBy;
  const draft = plan !== undefined, user = Deno.uid();
  const options = processOptions(spec.values);
  // A predecessor hands over the addresses that it has.
  const unresolved = config === undefined && !draft ? "error" : "wait";
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
  }, config?.show);
  let control: ControlServer | undefined, pidFile: PidFile | undefined, running: Program | undefined;
  try {
    pidFile = preparePidFile(options);
    // On Windows the log of a background process lies in it.
    if (plan?.control === undefined) openDirectory(directory);
    const file = config === undefined ? String(spec.services[0].ports[0].first) : "config";
    const log = await startLog(options, { background, directory, name: file });
    event = new Report(log.logger, instance).event;
    early.forEach(event);
    const killed = Promise.withResolvers<"kill" | "upgraded">(), loops = new LoopWarnings(log.logger, instance);
    const upgrade: Upgrade = new Upgrade(startedBy, {
      logger: log.logger,
      engine: instance.engine,
      busy: () => configuration.busy,
      get control() {
        return control!;
      },
      get pidFile() {
        return pidFile;
      },
      sockets: () => listeningSockets(instance),
      controlSocket: () => {
        const own = plan?.control === undefined && Deno.uid() === user;
        return own ? undefined : inheritableControl(pathOf(directory, control!.entry));
      },
      state: () => stateOf(instance),
      pauseAccepting: () => instance.pauseAccepting(),
      resumeAccepting: () => instance.resumeAccepting(),
      replacedBy: (pid) => {
        supervision.replacedBy(pid);
        instance.stopAccepting();
        killed.resolve("upgraded");
      },
    });
    const configuration: Configuration = new Configuration(instance, config, log.logger, {
      reloading: () => supervision.reloading(),
      applied: (next) => {
        running?.follow(next);
        warnOfLimits(log.logger, instance);
        loops.look();
      },
      reloaded: () => supervision.reloaded(),
    });
    const shutdown = () => {
      control?.close();
      instance.stopAccepting();
      killed.resolve("kill");
    };
    const name = plan?.entry ?? (config === undefined ? entryPlace(instance) : { config: String(Deno.pid) });
    control = await startControlServer(
      controlPlane({
        instance,
        log,
        config,
        configuration,
        upgrade,
        loops,
        leaving: () => running?.leaving ?? false,
        shutdown,
      }),
      { directory, ...name, draft, inherited: plan?.control },
    );
    if (!draft) publish(pidFile);
    becomeUser(options);
    const listens = () => {
      logStart(log.logger, instance);
      loops.look();
    };
    if (!draft) listens();
    running = new Program(
      { instance, control, log, dump, pidFile, upgrade, configuration, supervision, killed: killed.promise, listens },
      options,
    );
    return running;
  } catch (error) {
    pidFile?.remove();
    control?.close();
    await instance.stop();
    throw error instanceof DirectoryError ? new ExitError(ExitCode.RENDEZVOUS, error.message) : error;
  }
}

/** The control socket, for a successor that has not the rights to make one. @throws {Error} */
function inheritableControl(path: string): number {
  const descriptor = listeningUnixSocket(path);
  if (descriptor !== undefined) return descriptor;
  throw new Error("the control socket belongs to the first user, and its descriptor cannot be found");
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

/** The listening sockets that a successor can inherit; undefined where the engine cannot hand them over. */
function listeningSockets({ services }: Instance): InheritedSocket[] | undefined {
  const all = services.flatMap(({ name, served }) =>
    served.listeners.map((listener) => ({ name, ...placeOf(listener), descriptor: listener.descriptor ?? -1 }))
  );
  return all.some(({ descriptor }) => descriptor < 0) ? undefined : all;
}

/** The place that the control entry is called after. */
function entryPlace({ services: [{ address }] }: Instance): { address: string; port: number } {
  return { address: address.hostname, port: address.port };
}
