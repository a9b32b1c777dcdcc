import type { LogRecord } from "@logtape/logtape";
import { escape, escapeJson } from "./escape.ts";

/** A record as one line for people. Every value in it is escaped. */
export function formatText(record: LogRecord): string {
  return `${new Date(record.timestamp).toISOString()} ${record.level.padEnd(7)} ${messageOf(record)}\n`;
}

/** A record as one JSON object for machines: time, level, message, then the values by their names. */
export function formatJson(record: LogRecord): string {
  const { timestamp, level, properties } = record;
  const time = new Date(timestamp).toISOString();
  return escapeJson(JSON.stringify({ time, level, message: messageOf(record), ...properties })) + "\n";
}

/** The message with its values in place. */
export function messageOf({ message }: LogRecord): string {
  return message.map((part, i) => i % 2 === 0 ? part : escape(String(part))).join("");
}
