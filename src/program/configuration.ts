import type { Outcome } from "../control/control_plane.ts";
import { escape, quote } from "../log/escape.ts";
import type { Logger } from "../log/log.ts";
import { plural } from "../log/plural.ts";
import { commandLines, serviceLines } from "../options/service_text.ts";
import { processWords, serviceWords } from "../options/service_spec.ts";
import { releaseMemory } from "../process/release_memory.ts";
import { ExitError, uncapitalised } from "../process/exit_codes.ts";
import type { Instance } from "../service/instance.ts";
import { blameOf } from "../service/blame.ts";
import { NotUndone } from "../service/reload/not_undone.ts";
import type { Config } from "./config.ts";
import type { Prepared } from "./http_views.ts";
import { serviceFault, type ShowInFile } from "./service_fault.ts";
import { processOptions } from "../options/values.ts";
import { checkSources, startError } from "./start_instance.ts";

/** Who is told of reloads. */
export interface ReloadObserver {
  /** One begins. */
  reloading(): void;
  /**
   * Makes everything ready that can fail outside of the services. One of the two is called if there is something.
   *
   * @throws {ExitError} when the file cannot be applied
   */
  prepare(config: Config): Promise<Prepared | undefined>;
  /** The file has been applied. */
  applied(config: Config): void;
  /** It is over, whatever came of it. */
  reloaded(): void;
}

/** How a running program is set up: shown, read again from its file, and written there. */
export class Configuration {
  readonly #instance: Instance;
  readonly #logger: Logger;
  readonly #observer: ReloadObserver;
  /** As it was applied last. */
  #config: Config | undefined;
  /** The reload that is under way, and the one that follows it. */
  #underWay: Promise<Outcome> | undefined;
  #following: Promise<Outcome> | undefined;
  #reloads = 0;

  constructor(instance: Instance, config: Config | undefined, logger: Logger, observer: ReloadObserver) {
    this.#instance = instance;
    this.#config = config;
    this.#logger = logger;
    this.#observer = observer;
  }

  /** Command lines that recreate what runs now; comments say what they cannot. */
  lines(): string[] {
    const { values, services } = this.#instance.specs(), file = this.#config !== undefined;
    const process = processWords(values),
      head = file && process.length > 0 ? commandLines(["process", ...process]) : [];
    return [
      ...head,
      ...services.flatMap(({ spec, notes }) => [
        ...notes.map((note) => `# service ${quote(spec.name)}: ${note}`),
        ...file ? serviceLines(spec) : commandLines(["balance", ...process, ...serviceWords(spec)]),
      ]),
    ];
  }

  /**
   * Reads the file again and applies what has changed, or only says what that would be. One at a time: another one
   * meanwhile is refused. Logs it. Never rejects.
   */
  reload(dryRun: boolean): Promise<Outcome> {
    if (this.busy !== undefined) return Promise.resolve({ ok: false, lines: [`cannot reload: ${this.busy}`] });
    if (!dryRun) this.#observer.reloading();
    return this.#underWay = this.#reload(dryRun).finally(() => {
      this.#underWay = undefined;
      if (!dryRun) this.#observer.reloaded();
    });
  }

  /** Why nothing else can be done now; undefined if it can. A reload counts from the moment it was asked for. */
  get busy(): string | undefined {
    return this.#underWay && UNDER_WAY;
  }

  /**
   * Like `reload`, but waits until none is under way, for those who get no reply. All requests that come until then
   * share one reload.
   */
  reloadNext(): Promise<Outcome> {
    if (this.#underWay === undefined) return this.reload(false);
    return this.#following ??= this.#follow(this.#underWay);
  }

  async #follow(first: Promise<Outcome>): Promise<Outcome> {
    await first;
    this.#following = undefined;
    return await this.reloadNext();
  }

  async #reload(dryRun: boolean): Promise<Outcome> {
    const logger = this.#logger, { path } = this.#config!;
    let next: Config | undefined, prepared: Prepared | undefined;
    try {
      next = this.#config!.again();
      await checkSources(next.spec.services, processOptions(next.spec.values), next.show);
      if (!dryRun) prepared = await this.#observer.prepare(next);
      const lines = await this.#instance.reload(next.spec, { dryRun });
      if (dryRun) return { ok: true, lines: lines.length > 0 ? lines : ["nothing would change"] };
      this.#config = next;
      prepared?.apply();
      prepared = undefined;
      this.#observer.applied(next);
      // The command line of a new service is no change of its own.
      const count = lines.filter((line) => !line.startsWith(" ")).length,
        text = `reloaded {path}: {count} ${plural(count, "change")}`;
      logger.info(text, { path: quote(path), count });
      for (const line of lines) logger.info("reload: {line}", { line });
      if (++this.#reloads % RELOADS === 0) releaseMemory();
      return { ok: true, lines: count > 0 ? lines : ["nothing has changed"] };
    } catch (error) {
      prepared?.undo();
      const lines = faultLines(error, next?.show);
      if (!dryRun) logger.error("cannot reload {path}: {reason}", { path: quote(path), reason: logReason(lines) });
      return { ok: false, lines };
    }
  }

  /** Writes what runs now to the file. Never rejects. */
  save(): Promise<Outcome> {
    // What is being applied is not in the running state yet, and would be lost from the file.
    if (this.busy !== undefined) return Promise.resolve({ ok: false, lines: [`cannot save: ${this.busy}`] });
    const { path } = this.#config!;
    try {
      // Otherwise the next start would refuse the file.
      this.#instance.refuseLoops();
      const services = this.#instance.nextSpecs(), written = this.#config!.save(services.map(({ spec }) => spec));
      this.#instance.described();
      const notes = services.flatMap(({ spec, notes }) =>
        notes.map((note) => `not in the file: service ${quote(spec.name)}: ${note}`)
      );
      const lines = written.length > 0 ? written.map((path) => `saved ${quote(path)}`) : ["nothing to save"];
      for (const line of lines) this.#logger.info("{line}", { line });
      return Promise.resolve({ ok: true, lines: [...lines, ...notes] });
    } catch (error) {
      const lines = faultLines(error);
      this.#logger.error("cannot save {path}: {reason}", { path: quote(path), reason: logReason(lines) });
      return Promise.resolve({ ok: false, lines });
    }
  }
}

/**
 * Reloads after which memory is released. What a service leaves behind, some 200 KB, lies outside of the heap for the
 * most part, so that the runtime would not collect it for hundreds of reloads.
 */
const RELOADS = 16;

const UNDER_WAY = "a reload is under way, try again";

/**
 * What is wrong, for operators and the log: where in the file, or else with which service.
 *
 * @param show shows faults in the file that could not be applied
 */
function faultLines(error: unknown, show?: ShowInFile): readonly string[] {
  if (error instanceof NotUndone) {
    return [...faultLines(error.cause, show), ...error.problems.map((problem) => `not undone: ${escape(problem)}`)];
  }
  const blame = blameOf(error), fault = serviceFault(error), shown = fault && show?.(blame?.request, fault);
  if (shown !== undefined) return shown;
  const service = blame?.request.name;
  const prefix = service === undefined ? "" : `service ${quote(service)}: `;
  if (error instanceof Error && blame?.place === undefined && PLAIN.has(error.name)) {
    return [prefix + escape(uncapitalised(error))];
  }
  const { message, details } = error instanceof ExitError ? error : startError(error);
  return [prefix + message, ...details];
}

/** What is wrong in one line, for the log, which has no use for the marked lines of a file. Those are indented. */
function logReason(lines: readonly string[]): string {
  return lines.filter((line) => !line.startsWith("  ")).join("; ");
}

/** Names of errors whose message says it all. */
const PLAIN: ReadonlySet<string> = new Set(["Error", "NoRoom", "ReplaceError"]);
