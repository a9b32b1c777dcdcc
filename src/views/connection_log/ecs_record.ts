import { ECS_VERSION } from "../../log/ecs.ts";
import type { RecordState } from "../../state/record_state.ts";
import { hostOf, portOf } from "./endpoint_parts.ts";

/**
 * A record with the names of the Elastic Common Schema. All values are in `balance` as well, under the names that they
 * have in plain JSON.
 */
export function ecsRecord(record: RecordState): Readonly<Record<string, unknown>> {
  const { time, client, address, sni, end, reason, durationMs, up, down, open } = record;
  const start = new Date(ecsStart(Date.parse(time), durationMs)).toISOString();
  return {
    "@timestamp": time,
    "log.level": "info",
    "message": open ? `connection ${record.id} is open` : `connection ${record.id} has ended: ${reason}`,
    "ecs.version": ECS_VERSION,
    "service.name": "balance",
    "process.pid": Deno.pid,
    "event.kind": "event",
    "event.category": ["network"],
    "event.type": open ? ["connection", "info"] : ["connection", "end"],
    "event.action": end,
    ...!open &&
      { "event.outcome": end === "closed" ? "success" : "failure", "event.reason": reason, "event.end": time },
    "event.start": start,
    "event.duration": nanoseconds(durationMs),
    ...side("client", client),
    "client.bytes": up,
    ...address !== null && side("server", address),
    "server.bytes": down,
    ...sni !== null && { "tls.client.server_name": sni },
    "balance": record,
  };
}

/** When it began, if it ended at `ended`: whole milliseconds since 1970, like the other two. */
export function ecsStart(ended: number, durationMs: number): number {
  return Math.trunc(ended - durationMs);
}

/** Milliseconds as ECS has durations. */
export function nanoseconds(ms: number): number {
  return Math.round(ms * 1e6);
}

function side(name: string, endpoint: string): Record<string, unknown> {
  return {
    [`${name}.address`]: endpoint,
    [`${name}.ip`]: hostOf(endpoint),
    [`${name}.port`]: Number(portOf(endpoint)),
  };
}
