import type { Groups } from "../groups/groups.ts";
import { Report } from "../groups/report.ts";
import { Slices } from "../state/slices.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import type { Session } from "./command.ts";
import type { ControlledService, ControlPlane } from "./control_plane.ts";
import type { ServiceState, ServiceSummary } from "../state/service_state.ts";
import type { InstanceState, InstanceSummary } from "../state/state.ts";
import { JsonList, objectJson, toJson } from "./json.ts";

/** A state whose long lists are text already. */
type Told<State> = { readonly [Key in keyof State]: Key extends "groups" | "services" ? JsonList : State[Key] };

/**
 * What `show json` says. There may be thousands of channels, so it takes its time, in which others have their turn: each
 * group is told as it was at one moment, all of them as they were within a few.
 */
export async function instanceJson(
  session: Session,
  plane: ControlPlane,
  slices: Slices = new Slices(1),
): Promise<string> {
  const { version, pid, engine, engineReason, threads, started, uptime, connections, log, ...more } = plane.describe();
  const { services: all } = plane, current = indexOf(session, all);
  // At once: engines look through all connections for the oldest ones.
  const reports = all.map((service) => new Report(service.groups)), services: string[] = [];
  let groups: readonly string[] = [];
  for (const [i, service] of all.entries()) {
    const report = reports[i], own: string[] = [];
    for (const group of report.groups()) {
      own.push(toJson(group));
      if (slices.full) await slices.pause();
    }
    if (i === current) groups = own;
    services.push(objectJson(serviceState(service, report, own)));
    if (slices.full) await slices.pause();
  }
  const { name, addresses, ports } = all.at(current) ?? {};
  const state: Told<InstanceState> = {
    version,
    pid,
    engine,
    engineReason,
    threads,
    address: addresses?.[0] ?? null,
    port: ports?.[0]?.first ?? null,
    started,
    uptime,
    connections,
    log,
    groups: new JsonList(groups),
    ...more,
    service: name ?? null,
    services: new JsonList(services),
  };
  return objectJson(state);
}

/** What `services json` says. It takes its time as well. */
export async function instanceSummary(session: Session, plane: ControlPlane): Promise<InstanceSummary> {
  const { services: all } = plane, slices = new Slices(), services: ServiceSummary[] = [];
  const current = all.at(indexOf(session, all));
  for (const service of all) {
    services.push(serviceSummary(service));
    if (slices.full) await slices.pause();
  }
  return { ...plane.describe(), service: current?.name ?? null, services };
}

/** Which of the services the session is in; beyond the last when it is gone. */
function indexOf({ service }: Session, services: readonly ControlledService[]): number {
  const index = service === undefined ? 0 : services.findIndex(({ name }) => name === service);
  return index < 0 ? services.length : index;
}

function serviceState(service: ControlledService, report: Report, own: readonly string[]): Told<ServiceState> {
  const { name, addresses, ports, connections, groups, held, access, connectionLog } = service;
  const more = { ...held && { held }, ...access && { access }, ...connectionLog && { connectionLog } };
  const activity = report.service();
  return {
    name,
    addresses,
    ports,
    connections,
    ...queueState(groups),
    ...more,
    ...activity,
    groups: new JsonList(own),
  };
}

/** The state of the queue; nothing where clients have never been allowed to wait. */
function queueState({ table }: Groups): Pick<ServiceState, "queue"> {
  return table.queue === undefined ? {} : { queue: table.queue.counts() };
}

function serviceSummary(service: ControlledService): ServiceSummary {
  const { name, addresses, ports, connections, groups: { table, values } } = service;
  const groups: ServiceSummary["groups"][number][] = [];
  let all = 0, enabled = 0, failing = 0;
  for (let group = 0; group < MAX_GROUPS; group++) {
    const channels = table.channels(group), names: string[] = [];
    if (channels.length === 0) continue;
    all += channels.length;
    for (const id of channels) {
      const name = values.get(id)?.name;
      if (name !== undefined) names.push(name);
      if (table.disabledBy(id) !== 0) continue;
      enabled++;
      if (table.failing(id)) failing++;
    }
    groups.push({ group, channels: channels.length, names });
  }
  const counts = { channels: all, enabled, failing };
  return { name, addresses, ports, connections, ...queueState(service.groups), ...counts, groups };
}
