import type { LogLevel, LogRecord } from "@logtape/logtape";
import { escape, escapeJson } from "./escape.ts";

/** How lines for people begin. */
export interface LineStart {
  /** Whether with the time. */
  readonly time: boolean;
  /** Whether with the priority, as `<6>`, which the journal takes away again (sd-daemon(3)). */
  readonly priority: boolean;
}

/** Severities of syslog (RFC 5424, 6.2.1). */
export const SEVERITY: Readonly<Record<LogLevel, number>> = {
  fatal: 2,
  error: 3,
  warning: 4,
  info: 6,
  debug: 7,
  trace: 7,
};

/**
 * A record as one line for people. Every value in it is escaped. The level is left out where the journal has the
 * priority, unless the line begins with a time.
 */
export function formatText(record: LogRecord, { time, priority }: LineStart): string {
  const { level } = record, clock = time ? timeOf(record) + " " : "";
  const word = time || !priority ? level.padEnd(7) + " " : "";
  return `${priority ? prefix(level) : ""}${clock}${word}${messageOf(record)}\n`;
}

/** A record as one JSON object for machines: time, level, message, then the values by their names. */
export function formatJson(record: LogRecord): string {
  const { level, properties } = record;
  return jsonLine({ time: timeOf(record), level, message: messageOf(record), ...properties });
}

/** An object as one line of JSON. */
export function jsonLine(values: Readonly<Record<string, unknown>>): string {
  return escapeJson(JSON.stringify(values)) + "\n";
}

/** What the journal reads as the priority of a line. */
export function prefix(level: LogLevel): string {
  return `<${SEVERITY[level]}>`;
}

/** When it was written, as ISO 8601 in UTC. */
export function timeOf({ timestamp }: LogRecord): string {
  return new Date(timestamp).toISOString();
}

/** The message with its values in place. */
export function messageOf({ message }: LogRecord): string {
  return message.map((part, i) => i % 2 === 0 ? part : escape(String(part))).join("");
}
