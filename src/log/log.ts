import { configure, getLogger, type Logger, type LogRecord, type Sink } from "@logtape/logtape";
import { formatJson, formatText } from "./format.ts";
import { LineWriter } from "./line_writer.ts";
import { syslogSink } from "./syslog.ts";

export type { Logger };

/** Bytes of log that may wait for a slow reader. */
const BOUND = 4 * 1024 * 1024;

/** Milliseconds that the end of the program waits for a slow reader. */
const FLUSH = 500;

/** Where and how to log. */
export interface LogOptions {
  /** `stderr`, `syslog`, or the path of a file to append to. */
  readonly target: "stderr" | "syslog" | { readonly file: string };
  readonly format: "text" | "json";
  /** Whether to log traces. */
  readonly debug: boolean;
}

/** The program's log. */
export interface Log {
  readonly logger: Logger;
  /** Waits until what was logged has been written. */
  flush(): Promise<void>;
}

/** Sets the program's log up. Where there is no system log, standard error takes its place. */
export async function openLog({ target, format, debug }: LogOptions): Promise<Log> {
  const { sink, flush } = openSink(target, format);
  await configure({
    reset: true,
    sinks: { main: sink },
    loggers: [
      { category: "balance", sinks: ["main"], lowestLevel: debug ? "trace" : "info" },
      { category: ["logtape", "meta"], sinks: ["main"], lowestLevel: "error" },
    ],
  });
  return { logger: getLogger("balance"), flush };
}

function openSink(target: LogOptions["target"], format: LogOptions["format"]): { sink: Sink; flush(): Promise<void> } {
  if (target === "syslog") {
    try {
      return { sink: syslogSink("balance"), flush: () => Promise.resolve() };
    } catch {
      return openSink("stderr", format);
    }
  }
  const stream = target === "stderr" ? Deno.stderr : Deno.openSync(target.file, { append: true, create: true });
  const render = format === "json" ? formatJson : formatText;
  const writer = new LineWriter(stream, BOUND, (lines) => render(lostRecord(lines)));
  const encoder = new TextEncoder();
  return {
    sink: (record: LogRecord) => writer.write(encoder.encode(render(record))),
    flush: () => writer.flush(FLUSH),
  };
}

function lostRecord(lines: number): LogRecord {
  const message = ["", lines, " lines lost: the reader of the log was too slow"];
  const properties = { lines };
  return { category: ["balance"], level: "warning", message, rawMessage: "", properties, timestamp: Date.now() };
}
