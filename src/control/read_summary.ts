import type { ControlReply } from "./client.ts";
import type { PortsState } from "../state/ports_state.ts";
import type { ServiceSummary } from "../state/service_state.ts";

/** What the client needs to know of an instance, which may be another user's: nothing in it is trusted. */
export interface Summary {
  readonly pid: number;
  /** Seconds since it was started. */
  readonly uptime: number;
  readonly connections: number;
  /** The file of services that it was started with, or null. */
  readonly config: string | null;
  /** The service that the session is in, or null. */
  readonly service: string | null;
  readonly services: readonly ServiceSummary[];
}

/**
 * Asks an instance for its summary. An older version has a single service, named after its port.
 *
 * @throws {Error} when the reply is not that of an instance
 */
export async function askSummary(run: (command: string) => Promise<ControlReply>): Promise<Summary> {
  const { outcome, text } = await run("services json");
  if (outcome === "ok") return readSummary(text[0]);
  return readOldState((await run("show json")).text[0]);
}

/** Reads what `services json` says. @throws {Error} */
export function readSummary(json: string): Summary {
  return reading(json, ({ config, service, services, ...process }) => ({
    ...processOf(process),
    config: optionalText(config),
    service: optionalText(service),
    services: list(services).map((item) => {
      const { name, addresses, ports, connections, channels, enabled, failing, groups } = item as ServiceSummary;
      return {
        name: text(name),
        addresses: list(addresses).map(text),
        ports: list(ports).map(portsOf),
        connections: whole(connections),
        channels: whole(channels),
        enabled: whole(enabled),
        failing: whole(failing),
        groups: list(groups).map((item) => {
          // Versions without names do not have them here.
          const { group, channels, names = [] } = item as ServiceSummary["groups"][number];
          return { group: whole(group), channels: whole(channels), names: list(names).map(text) };
        }),
      };
    }),
  }));
}

/** Reads what `show json` says where there are no services. @throws {Error} */
function readOldState(json: string): Summary {
  return reading(json, ({ address, port, groups, ...process }) => {
    const all = list(groups).map((item) => {
      const { group, channels } = item as { group: unknown; channels: unknown };
      return { group: whole(group), channels: list(channels) as { enabled?: unknown; failing?: unknown }[] };
    });
    const enabled = all.flatMap(({ channels }) => channels).filter(({ enabled }) => enabled === true);
    const name = String(whole(port)), { connections } = processOf(process);
    const service: ServiceSummary = {
      name,
      addresses: [text(address)],
      ports: [portsOf({ first: port, last: port })],
      connections,
      channels: all.reduce((sum, { channels }) => sum + channels.length, 0),
      enabled: enabled.length,
      failing: enabled.filter(({ failing }) => failing === true).length,
      groups: all.map(({ group, channels }) => ({ group, channels: channels.length, names: [] })),
    };
    return { ...processOf(process), config: null, service: name, services: [service] };
  });
}

function reading(json: string, read: (value: Record<string, unknown>) => Summary): Summary {
  try {
    return read(JSON.parse(json));
  } catch {
    throw new Error("Cannot read state: it does not answer as balance does");
  }
}

function processOf({ pid, uptime, connections }: Record<string, unknown>) {
  return { pid: whole(pid), uptime: whole(uptime), connections: whole(connections) };
}

function portsOf(item: unknown): PortsState {
  const { first, last } = item as PortsState;
  return { first: whole(first), last: whole(last) };
}

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError("no whole number");
  return value as number;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("no text");
  return value;
}

function optionalText(value: unknown): string | null {
  return value === null ? null : text(value);
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError("no list");
  return value;
}
