import { includes, type Networks } from "../../access/networks.ts";
import { networksOf } from "../../access/networks_builder.ts";
import { isNetworkFault, parseNetworks } from "../../access/network_words.ts";
import { escape, quote } from "../../log/escape.ts";
import type { LogFormat, Logger } from "../../log/log.ts";
import { LogFileProblem } from "../../log/log_file.ts";
import { plural } from "../../log/plural.ts";
import type { ServiceOptions } from "../../options/values.ts";
import type { RecordState } from "../../state/record_state.ts";
import type { ConnectionLogState } from "../../state/service_state.ts";
import type { ConnectionRecord } from "../../table/records/connection_record.ts";
import { type DescribedService, describeRecord, endedAt } from "../records/describe.ts";
import { FileOutput } from "./file_output.ts";
import { type LineForm, lineForm } from "./line_form.ts";
import { LineTemplates } from "./line_templates.ts";
import { type LineOutput, LogOutput, type ProgramLog } from "./log_output.ts";
import { Losses } from "./losses.ts";

/** Milliseconds between looks whether something was lost. */
const LOOK = 1_000;

/** Looks after the last line: more than `Losses` is silent for, so that all is said before the process sleeps. */
const LAST_LOOKS = 15;

/** Milliseconds that the program waits for a slow disk before it ends. */
const FLUSH = 500;

/** Options of a service that this is about. */
export type LogValues = Pick<
  ServiceOptions,
  "connectionLog" | "connectionLogFormat" | "connectionLogSample" | "connectionLogSkip" | "logInterval"
>;

/** A service whose connections may be logged. */
export interface LoggedService extends DescribedService {
  /** The same object as long as its options are the same. */
  readonly options: LogValues;
}

/** The program around it. */
export interface LogSurroundings {
  /** The program's log, which gets the lines that go to no file. */
  readonly log: ProgramLog & { readonly logger: Logger; readonly format: LogFormat; readonly time: boolean };
  /** The form of lines in files that have none of their own. */
  readonly format: LogFormat;
  /** The absolute path of a file. */
  readonly resolve: (path: string) => string;
  /** This moment by the clock of the engine, in milliseconds. */
  readonly now: () => number;
  /** Records that were lost, so far, because threads wrote them faster than they could be read. */
  readonly lostRecords: () => number;
}

/** How the connections of a service are logged, as long as it has these options. */
interface ServiceLog {
  readonly output: LineOutput;
  readonly form: LineForm;
  /** For outputs that take bytes. */
  readonly templates: LineTemplates | undefined;
  /** Whether connections that ended well are logged at all. */
  readonly good: boolean;
  readonly skip: Networks | undefined;
}

/** Writes a line for each connection, where its service asks for it. Main thread only. */
export class ConnectionLog {
  readonly #around: LogSurroundings;
  readonly #log: LogOutput;
  readonly #files = new Map<string, FileOutput>();
  /** The form of lines in each file; where services differ, that of one of them. */
  readonly #forms = new Map<string, string>();
  readonly #services = new WeakMap<LogValues, ServiceLog>();
  readonly #skipped = new Map<string, number>();
  readonly #losses = new Map<string, Losses>();
  readonly #lostRecords: Losses;
  /** This moment by both clocks, for all records of a turn of the event loop. */
  #now: { readonly now: number; readonly wall: number } | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Looks that are left. */
  #looks = 0;

  constructor(around: LogSurroundings) {
    this.#around = around;
    this.#log = new LogOutput(around.log);
    const { log: { logger } } = around;
    this.#lostRecords = new Losses((count) => {
      const text = `connection log: {count} ${plural(count, "connection is", "connections are")} missing: ` +
        "they ended faster than they could be written down";
      logger.warn(text, { count });
    });
  }

  /**
   * Opens the files of these services that are not open yet.
   *
   * @param refusal what is thrown when a file cannot be opened, made of the service that wants it, its path and why
   * @returns `apply` closes those of no service, `undo` those that were opened
   * @throws what `refusal` has made for the first file that cannot be opened; then nothing has changed
   */
  async open(
    services: readonly LogValues[],
    refusal: (options: LogValues, path: string, reason: string) => Error,
  ): Promise<{ readonly apply: () => void; readonly undo: () => void }> {
    const paths = new Map(services.flatMap((options) => {
      return typeof options.connectionLog === "string" ? [[this.#around.resolve(options.connectionLog), options]] : [];
    }));
    const added: FileOutput[] = [],
      retire = (files: readonly FileOutput[]) => Promise.all(files.map((one) => one.retire()));
    for (const [path, options] of paths) {
      const file = this.#file(path);
      if (!file.isOpen) added.push(file);
      try {
        await file.open();
      } catch (error) {
        await retire(added);
        throw refusal(options, path, error instanceof LogFileProblem ? error.reason : (error as Error).message);
      }
    }
    return {
      apply: () => {
        for (const [path, options] of paths) this.#forms.set(path, this.#formOf(options));
        void retire([...this.#files].flatMap(([path, file]) => paths.has(path) ? [] : [file]));
      },
      undo: () => void retire(added),
    };
  }

  /** A connection has ended. */
  record(record: ConnectionRecord, service: LoggedService): void {
    const log = this.#of(service.options);
    if (log === undefined) return;
    this.#watch();
    const { end, up, down, client, peer } = record;
    if (end === "closed" && !log.good) return;
    if (log.skip !== undefined && up === 0 && down === 0) {
      if (includes(log.skip, client.address) || peer !== undefined && includes(log.skip, peer.address)) {
        this.#skipped.set(service.name, this.skipped(service.name) + 1);
        return;
      }
    }
    const { now, wall } = this.#moment(), ended = endedAt(record, now, wall);
    const template = log.templates?.of(record, service, ended);
    if (template === undefined) return log.output.push(log.form(describeRecord(record, service, ended)));
    const bytes = log.output.next!();
    if (bytes !== undefined) template.write(record, ended, bytes);
  }

  /** Writes a line about a connection that lasts. */
  write(state: RecordState, options: LogValues): void {
    const log = this.#of(options);
    if (log === undefined) return;
    this.#watch();
    log.output.push(log.form(state));
  }

  /** Connections of a service without a byte that were left out. */
  skipped(service: string): number {
    return this.#skipped.get(service) ?? 0;
  }

  /** How the log of a service is doing; undefined without one. */
  state({ name, options }: Pick<LoggedService, "name" | "options">): ConnectionLogState | undefined {
    const log = this.#of(options);
    return log && { ...log.output.state, skipped: this.skipped(name) };
  }

  /** Opens all files again by their paths; if that fails, the old one goes on. */
  async reopen(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.reopen()));
  }

  /** Ends it once everything has been written, but waits for at most half a second. */
  async stop(): Promise<void> {
    this.#unwatch();
    await Promise.all([this.#log, ...this.#files.values()].map((output) => output.flush(FLUSH)));
    this.#look();
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }

  #moment(): { readonly now: number; readonly wall: number } {
    if (this.#now === undefined) {
      this.#now = { now: this.#around.now(), wall: Date.now() };
      queueMicrotask(() => this.#now = undefined);
    }
    return this.#now;
  }

  #of(options: LogValues): ServiceLog | undefined {
    if (!options.connectionLog) return undefined;
    let log = this.#services.get(options);
    if (log === undefined) this.#services.set(options, log = this.#make(options));
    return log;
  }

  #make(options: LogValues): ServiceLog {
    const { connectionLog, connectionLogFormat, connectionLogSample, connectionLogSkip } = options,
      { log } = this.#around;
    const good = connectionLogSample > 0,
      skip = connectionLogSkip === undefined ? undefined : networks(connectionLogSkip);
    if (typeof connectionLog === "string") {
      const path = this.#around.resolve(connectionLog), form = lineForm(this.#formOf(options));
      return { output: this.#file(path), form, templates: new LineTemplates(form), good, skip };
    }
    // As the other lines of the log begin.
    const head = log.time ? ({ time }: RecordState) => `${time} info    connection ` : () => "connection ";
    const form = lineForm(connectionLogFormat ?? log.format, head);
    return { output: this.#log, form, templates: undefined, good, skip };
  }

  #formOf({ connectionLogFormat }: LogValues): string {
    return connectionLogFormat ?? this.#around.format;
  }

  #file(path: string): FileOutput {
    let file = this.#files.get(path);
    if (file === undefined) {
      const { format, log: { logger } } = this.#around;
      file = new FileOutput(path, {
        lostText: (lines, why) => lostText(this.#forms.get(path) ?? format, lines, why),
        failed: (problem) => logger.error("connection log: {problem}", { problem }),
      });
      this.#files.set(path, file);
    }
    return file;
  }

  /** Looks from time to time as long as lines come, and a little longer: an idle process is not woken. */
  #watch(): void {
    this.#looks = LAST_LOOKS;
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      this.#look();
      if (--this.#looks <= 0) this.#unwatch();
    }, LOOK);
    Deno.unrefTimer(this.#timer);
  }

  #unwatch(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const { logger } = this.#around.log;
    this.#lostRecords.look(this.#around.lostRecords());
    for (const [path, file] of this.#files) {
      let losses = this.#losses.get(path);
      if (losses === undefined) {
        losses = new Losses((count) => {
          const { problem } = file.state;
          const text = `connection log {file}: {count} ${plural(count, "line")} lost{why}`;
          logger.warn(text, { file: quote(path), count, why: problem === null ? "" : `: ${problem}` });
        });
        this.#losses.set(path, losses);
      }
      losses.look(file.state.lost);
    }
  }
}

function networks(words: string): Networks {
  const parts = parseNetworks(words);
  if (isNetworkFault(parts)) throw new Error(`Cannot log: ${quote(parts.word)} ${parts.reason}`);
  return networksOf(parts.flatMap((part) => part.kind === "range" ? part.ranges : []));
}

/** The line in place of those that are lost. */
function lostText(form: string, lost: number, why: string): string {
  const time = new Date().toISOString();
  if (form === "text") return `${time} lost=${lost} reason=${quote(why)}\n`;
  if (form === "json" || form === "ecs") {
    const name = form === "ecs" ? "@timestamp" : "time";
    return JSON.stringify({ [name]: time, lost, reason: escape(why) }) + "\n";
  }
  return `# ${time} ${lost} ${plural(lost, "line")} lost: ${escape(why)}\n`;
}
