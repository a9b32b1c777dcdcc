import type { LogLevel, Sink } from "@logtape/logtape";
import { messageOf } from "./format.ts";

/** Facility "daemon" and option "add the process id" (syslog(3)). */
const LOG_DAEMON = 3 << 3, LOG_PID = 1;

const PRIORITY: Readonly<Record<LogLevel, number>> = { fatal: 2, error: 3, warning: 4, info: 6, debug: 7, trace: 7 };

/** The system log of Linux and macOS, through the C library. @throws {Error} where that cannot be called */
export function syslogSink(ident: string): Sink {
  const libc = Deno.dlopen(Deno.build.os === "darwin" ? "libSystem.B.dylib" : "", {
    openlog: { parameters: ["buffer", "i32", "i32"], result: "void" },
    syslog: { parameters: ["i32", "buffer"], result: "void" },
  });
  // The C library keeps the pointer, so the buffer must live as long as the sink does.
  const name = cString(ident);
  libc.symbols.openlog(name, LOG_PID, LOG_DAEMON);
  return (record) => {
    if (name.length === 0) return;
    libc.symbols.syslog(PRIORITY[record.level], cString(messageOf(record).replaceAll("%", "%%")));
  };
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text.replaceAll("\0", "") + "\0");
}
