import type { LogRecord } from "@logtape/logtape";
import { jsonLine, messageOf, timeOf } from "./format.ts";

/** The version of the Elastic Common Schema whose names are used. */
export const ECS_VERSION = "8.11.0";

/**
 * A record as one JSON object with the names of the Elastic Common Schema, in the order that its guide for loggers
 * wants. What the schema has no name for is in `balance`, as the schema asks for custom fields; so are all values, under
 * the names that they have in plain JSON.
 */
export function formatEcs(record: LogRecord): string {
  const { level, properties } = record, { client, reason, why } = properties;
  return jsonLine({
    "@timestamp": timeOf(record),
    "log.level": level,
    "message": messageOf(record),
    "ecs.version": ECS_VERSION,
    "service.name": "balance",
    "process.pid": Deno.pid,
    ...typeof client === "string" && clientFields(client),
    ...nonEmpty("event.reason", reason ?? why),
    ...Object.keys(properties).length > 0 && { balance: properties },
  });
}

/** A client's address, with its port where it has one: `192.0.2.1`, `192.0.2.1:5`, `::1`, `[::1]:5`. */
function clientFields(client: string): Record<string, unknown> {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(client) ?? [];
  return {
    "client.address": client,
    "client.ip": bracketed ?? plain ?? client,
    ...port !== undefined && { "client.port": Number(port) },
  };
}

function nonEmpty(name: string, value: unknown): Record<string, unknown> {
  return typeof value === "string" && value !== "" ? { [name]: value.replace(/^: /, "") } : {};
}
