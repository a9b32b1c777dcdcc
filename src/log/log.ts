import { type Config, configureSync, getLogger, type Logger, type LogRecord } from "@logtape/logtape";
import { escape } from "./escape.ts";
import { formatJson, formatText, messageOf, prefix } from "./format.ts";
import { stderrIsJournal } from "./journal.ts";
import { LineWriter } from "./line_writer.ts";
import { openLogFile } from "./log_file.ts";
import { plural } from "./plural.ts";

export type { Logger };

/** Bytes of log that may wait for a slow reader. */
const BOUND = 4 * 1024 * 1024;

/** The same for the system log. */
const SYSLOG_BOUND = 256 * 1024;

/** Milliseconds that the program waits for a slow reader before it ends. */
const FLUSH = 500;

/** Form of lines: for people, for machines, or with the names of the Elastic Common Schema. */
export type LogFormat = "text" | "json" | "ecs";

/** How important a line is; what is less important than the level of the log is not written. */
export type LogLevel = "error" | "warning" | "info" | "debug";

/** Where and how to log. */
export interface LogOptions {
  /** `stderr`, `syslog`, or the absolute path of a file to append to. */
  readonly target: "stderr" | "syslog" | { readonly file: string };
  /** Form of the lines; the system log has its own. */
  readonly format: LogFormat;
  /** The least important lines that are written. */
  readonly level: LogLevel;
  /** Whether lines for people begin with the time. Default: unless the journal notes it. */
  readonly time?: boolean | undefined;
}

/** State of the log. */
export interface LogState {
  /** `stderr`, `syslog`, or the path of the file. */
  readonly target: string;
  /** Why nothing can be written at present. */
  readonly problem: string | null;
  /** Lines lost so far. */
  readonly lost: number;
}

/** One line for whoever looks on. */
export interface LogLine {
  /** ISO 8601 in UTC. */
  readonly time: string;
  readonly level: string;
  /** Escaped. */
  readonly message: string;
}

/** The program's log. Nothing that logs ever waits. */
export interface Log {
  readonly logger: Logger;
  readonly state: LogState;
  /** Form that its lines have; text in the system log. */
  readonly format: LogFormat;
  /** Whether lines of text begin with the time; otherwise who takes them notes it. */
  readonly time: boolean;
  /** Writes lines that are made already and safe to show, whatever the level. */
  lines(lines: readonly string[]): void;
  /** Tells of each line that is written from now on. @returns what ends that */
  onLine(listener: (line: LogLine) => void): () => void;
  /** Writes only what is at least this important from now on. */
  setLevel(level: LogLevel): void;
  /** Waits until all lines have been written, for at most half a second. */
  flush(): Promise<void>;
  /** Opens the file again by its path; if that fails, the old one says why. Does nothing unless the log is a file. */
  reopen(): Promise<void>;
}

/** Where lines go, and how they are made. */
interface Output {
  /** Undefined where nothing can ever be written. */
  readonly writer: LineWriter | undefined;
  readonly render: (record: LogRecord) => string;
  readonly problem: () => string | undefined;
  readonly format: LogFormat;
  readonly time: boolean;
  /** Makes a piece of the log of a line. */
  readonly piece: (line: string) => string;
  /** Whether several pieces may be written as one. */
  readonly joins: boolean;
}

/** Sets up the program's log. @throws {Error} naming the file, when it cannot be opened */
export async function openLog(options: LogOptions): Promise<Log> {
  const { target, level } = options, output = await openOutput(options), { writer, render } = output;
  const encoder = new TextEncoder(), listeners = new Set<(line: LogLine) => void>();
  const tell = (record: LogRecord) => {
    const line = { time: new Date(record.timestamp).toISOString(), level: record.level, message: messageOf(record) };
    listeners.forEach((listener) => listener(line));
  };
  const setUp = (lowestLevel: LogLevel): Config<"main", never> => ({
    reset: true,
    sinks: {
      main: (record: LogRecord) => {
        writer?.write(encoder.encode(render(record)));
        if (listeners.size > 0) tell(record);
      },
    },
    loggers: [
      { category: "balance", sinks: ["main"], lowestLevel },
      { category: ["logtape", "meta"], sinks: ["main"], lowestLevel: "error" },
    ],
  });
  configureSync(setUp(level));
  const logger = getLogger("balance");
  return {
    logger,
    format: output.format,
    time: output.time,
    lines: (lines) => {
      const pieces = lines.map(output.piece);
      if (output.joins) writer?.write(encoder.encode(pieces.join("")), pieces.length);
      else for (const piece of pieces) writer?.write(encoder.encode(piece));
    },
    get state() {
      const problem = output.problem() ?? writer?.problem;
      return {
        target: typeof target === "string" ? target : target.file,
        problem: problem === undefined ? null : escape(problem),
        lost: writer?.lost ?? 0,
      };
    },
    onLine: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    setLevel: (level) => configureSync(setUp(level)),
    flush: async () => await writer?.flush(FLUSH),
    reopen: async () => {
      if (typeof target === "string") return;
      try {
        writer?.replace(await openLogFile(target.file));
      } catch (error) {
        logger.error("{problem}; going on in the old one", { problem: (error as Error).message });
      }
    },
  };
}

async function openOutput({ target, format, time }: LogOptions): Promise<Output> {
  if (target === "syslog") return await openSystemLog();
  const journal = target === "stderr" && await stderrIsJournal(), render = await renderer(format, time, journal);
  const stream = target === "stderr" ? Deno.stderr : await openLogFile(target.file);
  const lostText = (lines: number, why: string) => render(lostRecord(lines, why));
  // Standard error is never closed.
  const sink = target === "stderr" ? { write: (bytes: Uint8Array) => stream.write(bytes) } : stream;
  return {
    writer: new LineWriter(sink, BOUND, lostText),
    render,
    problem: () => undefined,
    format,
    time: time ?? !journal,
    piece: journal ? (line) => `${prefix("info")}${line}\n` : (line) => `${line}\n`,
    joins: true,
  };
}

async function renderer(
  format: LogFormat,
  time: boolean | undefined,
  journal: boolean,
): Promise<(record: LogRecord) => string> {
  if (format === "text") return (record) => formatText(record, { time: time ?? !journal, priority: journal });
  const render = format === "json" ? formatJson : (await import("./ecs.ts")).formatEcs;
  return journal ? (record) => prefix(record.level) + render(record) : render;
}

async function openSystemLog(): Promise<Output> {
  // Loaded here, since only background processes need it.
  const { formatSyslog, SystemLog } = await import("./syslog.ts");
  const render = (record: LogRecord) => formatSyslog(record, "balance", Deno.pid);
  const piece = (line: string) => render(logRecord("info", [line], {}));
  const form = { render, format: "text", time: false, piece, joins: false } as const;
  try {
    const log = new SystemLog();
    const lostText = (lines: number) => render(lostRecord(lines, "the system log did not take them"));
    return { ...form, writer: new LineWriter(log, SYSLOG_BOUND, lostText), problem: () => log.problem };
  } catch (error) {
    const problem = `the system log cannot be called: ${(error as Error).message}`;
    return { ...form, writer: undefined, problem: () => problem };
  }
}

function lostRecord(lines: number, why: string): LogRecord {
  return logRecord("warning", ["", lines, ` ${plural(lines, "line")} lost: `, why, ""], { lines, why });
}

function logRecord(level: LogLevel, message: readonly unknown[], properties: Record<string, unknown>): LogRecord {
  return { category: ["balance"], level, message, rawMessage: "", properties, timestamp: Date.now() };
}
