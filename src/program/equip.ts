import { resolve } from "node:path";
import type { ControlPlane } from "../control/control_plane.ts";
import { defaultDirectory, DirectoryError, openDirectory } from "../control/directory.ts";
import { pathOf } from "../control/entries.ts";
import { chosenDirectory } from "../control/places.ts";
import { type ControlServer, startControlServer } from "../control/server.ts";
import type { LineWriter } from "../log/line_writer.ts";
import type { ProcessSpec } from "../options/service_spec.ts";
import { type ProcessOptions, processOptions } from "../options/values.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import { keepModules } from "../process/import_later.ts";
import { listeningUnixSocket } from "../process/listening_unix_socket.ts";
import type { InheritedSocket } from "../process/match_sockets.ts";
import type { PidFile } from "../process/pid_file.ts";
import type { BalancerEvent } from "../service/events.ts";
import type { Instance } from "../service/instance.ts";
import { placeOf } from "../service/drafts/listen.ts";
import { FailuresOnDemand } from "../views/failures/failures_on_demand.ts";
import type { Config } from "./config.ts";
import { Configuration } from "./configuration.ts";
import { ConnectionLogs } from "./connection_logs.ts";
import { stateOf } from "./handed_state.ts";
import type { Prepared } from "./http_views.ts";
import { controlPlane } from "./instance_plane.ts";
import { logStart, warnOfLimits } from "./log_start.ts";
import { LoopWarnings } from "./loop_warnings.ts";
import { Program } from "./program.ts";
import { metricsOnDemand } from "./metrics_on_demand.ts";
import { startLog } from "./program_log.ts";
import { publish } from "./publish.ts";
import { Report } from "./report.ts";
import { becomeUser } from "./start_instance.ts";
import type { Beginning } from "./start_program.ts";
import { Upgrade } from "./upgrade.ts";
import { ViewsOnDemand } from "./views_on_demand.ts";

/**
 * Gives an instance that serves already what makes it a program: log, control socket, reloads and upgrades.
 *
 * @param reportTo called with what takes the instance's events, once there is a log
 * @throws {ExitError} with the code that says what went wrong
 */
export async function equip(
  instance: Instance,
  spec: ProcessSpec,
  config: Config | undefined,
  { startedBy, supervision, plan }: Beginning,
  dump: LineWriter | undefined,
  reportTo: (report: (event: BalancerEvent) => void) => void,
): Promise<Program> {
  const options = processOptions(spec.values),
    { background } = startedBy,
    draft = plan !== undefined,
    user = Deno.uid();
  // Absolute, because the background process leaves the directory it was started in.
  const directory = resolve(chosenDirectory(options.controlDir) ?? defaultDirectory());
  let control: ControlServer | undefined, pidFile: PidFile | undefined, running: Program | undefined;
  let opened: ViewsOnDemand | undefined;
  try {
    pidFile = await preparePidFile(options);
    // On Windows the log of a background process lies in it.
    if (plan?.control === undefined) openDirectory(directory);
    const file = config === undefined ? String(spec.services[0].ports[0].first) : "config";
    const log = await startLog(options, { background, directory, name: file });
    const failures = new FailuresOnDemand(() => instance.now());
    // Both begin to listen in the same turn, so that both get what has come before.
    instance.onRecord(failures.record);
    const connectionLogs = new ConnectionLogs(instance, log, options.logFormat);
    (await connectionLogs.open(spec.services, config?.show))?.apply();
    reportTo(new Report(log.logger, instance).event);
    const killed = Promise.withResolvers<"kill" | "upgraded">(), loops = new LoopWarnings(log.logger, instance);
    const upgrade: Upgrade = new Upgrade(startedBy, {
      logger: log.logger,
      engine: instance.engine,
      busy: () => configuration.busy ?? (Deno.uid() === user ? undefined : views.reopenFault()),
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
      pauseAccepting: () => {
        instance.pauseAccepting();
        views.pause();
      },
      resumeAccepting: () => {
        instance.resumeAccepting();
        views.resume();
      },
      replacedBy: (pid) => {
        supervision.replacedBy(pid);
        instance.stopAccepting();
        killed.resolve("upgraded");
      },
    });
    const configuration: Configuration = new Configuration(instance, config, log.logger, {
      reloading: () => supervision.reloading(),
      prepare: ({ spec: { values, services }, show }) =>
        bothPrepared(connectionLogs.open(services, show), () => views.prepare(processOptions(values))),
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
    const metrics = metricsOnDemand(instance, () => plane);
    const plane: ControlPlane = controlPlane({
      instance,
      log,
      connectionLogs,
      config,
      configuration,
      upgrade,
      loops,
      failures,
      metrics,
      leaving: () => running?.leaving ?? false,
      shutdown,
    });
    const views = new ViewsOnDemand({
      instance,
      plane,
      logger: log.logger,
      log,
      metrics,
      directory: startedBy.directory,
    });
    control = await startControlServer(plane, { directory, ...name, draft, inherited: plan?.control });
    if (!draft) {
      publish(pidFile);
      // A successor takes the places over later. The first user's rights may be needed.
      await (opened = views).open(options);
    }
    // What reloads may ask for, or a successor opens later, is read while it is there and this user may read it.
    if (config !== undefined || draft) await keepModules(new URL("./kept_modules.ts", import.meta.url));
    await becomeUser(options);
    const listens = () => {
      logStart(log.logger, instance);
      views.logPlaces();
      loops.look();
    };
    if (!draft) listens();
    running = new Program(
      {
        instance,
        control,
        log,
        connectionLogs,
        dump,
        pidFile,
        upgrade,
        configuration,
        supervision,
        views,
        killed: killed.promise,
        listens,
      },
      options,
    );
    return running;
  } catch (error) {
    pidFile?.remove();
    control?.close();
    await opened?.stop();
    throw error instanceof DirectoryError ? new ExitError(ExitCode.RENDEZVOUS, error.message) : error;
  }
}

/** Prepares one thing after the other, or neither. */
async function bothPrepared(
  first: Promise<Prepared | undefined>,
  prepare: () => Promise<Prepared | undefined>,
): Promise<Prepared> {
  const one = await first;
  try {
    const other = await prepare();
    const both = (act: keyof Prepared) => () => [one, other].forEach((prepared) => prepared?.[act]());
    return { apply: both("apply"), undo: both("undo") };
  } catch (error) {
    one?.undo();
    throw error;
  }
}

/** The control socket, for a successor that has not the rights to make one. @throws {Error} */
function inheritableControl(path: string): number {
  const descriptor = listeningUnixSocket(path);
  if (descriptor !== undefined) return descriptor;
  throw new Error("the control socket belongs to the first user, and its descriptor cannot be found");
}

/** @throws {ExitError} 71 when it cannot be written */
async function preparePidFile({ pidFile }: ProcessOptions): Promise<PidFile | undefined> {
  if (pidFile === undefined) return undefined;
  // Loaded here, since few need it.
  const { PidFile } = await import("../process/pid_file.ts");
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
