import type { Groups } from "../groups/groups.ts";
import { type GroupReport, reportOf } from "../groups/report.ts";
import type { Session } from "./command.ts";
import type { ControlledService, ControlPlane } from "./control_plane.ts";
import type { ServiceState, ServiceSummary } from "../state/service_state.ts";
import type { InstanceState, InstanceSummary } from "../state/state.ts";

/** What becomes `Parsed` once it was JSON text. */
type Exact<Parsed> = { [Key in keyof Parsed]: Key extends "groups" ? readonly GroupReport[] : Exact<Parsed[Key]> };

/** What `show json` says. */
export function instanceState(session: Session, plane: ControlPlane): Exact<InstanceState> {
  const { version, pid, engine, engineReason, threads, started, uptime, connections, log, ...more } = plane.describe();
  const services = plane.services.map(serviceState), current = services[indexOf(session, plane)];
  return {
    version,
    pid,
    engine,
    engineReason,
    threads,
    address: current?.addresses[0] ?? null,
    port: current?.ports[0]?.first ?? null,
    started,
    uptime,
    connections,
    log,
    groups: current?.groups ?? [],
    ...more,
    service: current?.name ?? null,
    services,
  };
}

/** What `services json` says. */
export function instanceSummary(session: Session, plane: ControlPlane): InstanceSummary {
  const services = plane.services.map(serviceSummary);
  return { ...plane.describe(), service: services[indexOf(session, plane)]?.name ?? null, services };
}

/** Which of the services the session is in; -1 when it is gone. */
function indexOf({ service }: Session, { services }: ControlPlane): number {
  return service === undefined ? 0 : services.findIndex(({ name }) => name === service);
}

function serviceState(service: ControlledService): Exact<ServiceState> {
  const { name, addresses, ports, connections, groups, held, access, connectionLog } = service;
  const more = { ...held && { held }, ...access && { access }, ...connectionLog && { connectionLog } };
  return { name, addresses, ports, connections, ...queueState(groups), ...more, ...reportOf(groups) };
}

/** The state of the queue; nothing where clients have never been allowed to wait. */
function queueState({ table }: Groups): Pick<ServiceState, "queue"> {
  return table.queue === undefined ? {} : { queue: table.queue.counts() };
}

function serviceSummary(service: ControlledService): ServiceSummary {
  const { name, addresses, ports, connections, groups } = service;
  const all = groups.snapshot(), channels = all.flatMap(({ channels }) => channels);
  const enabled = channels.filter(({ enabled }) => enabled);
  return {
    name,
    addresses,
    ports,
    connections,
    ...queueState(groups),
    channels: channels.length,
    enabled: enabled.length,
    failing: enabled.filter(({ failing }) => failing).length,
    groups: all.map(({ group, channels }) => {
      return { group, channels: channels.length, names: channels.flatMap(({ name }) => name ?? []) };
    }),
  };
}
