import type { ControlledService, ControlPlane } from "../control/control_plane.ts";
import { quote } from "../log/escape.ts";
import type { Log } from "../log/log.ts";
import { parsePort } from "../options/port_names.ts";
import type { Instance } from "../service/instance.ts";
import type { Service } from "../service/service.ts";
import { waitUntil } from "../service/draining/waiting.ts";
import type { FailuresOnDemand } from "../views/failures/failures_on_demand.ts";
import type { Metrics } from "../views/metrics/metrics.ts";
import type { Config } from "./config.ts";
import type { Configuration } from "./configuration.ts";
import type { ConnectionLogs } from "./connection_logs.ts";
import type { LoopWarnings } from "./loop_warnings.ts";
import type { Upgrade } from "./upgrade.ts";
import { version } from "./version.ts";

/** What of a program its control commands work on. */
export interface Controlled {
  readonly instance: Instance;
  readonly log: Log;
  readonly connectionLogs: ConnectionLogs;
  /** The file that the services come from, if there is one. */
  readonly config: Config | undefined;
  readonly configuration: Configuration;
  readonly upgrade: Upgrade;
  readonly loops: LoopWarnings;
  readonly failures: FailuresOnDemand;
  readonly metrics: () => Promise<Metrics>;
  /** Whether the process is about to stop, although it still accepts clients. */
  readonly leaving: () => boolean;
  /** Frees all ports at once and lets the process end. */
  readonly shutdown: () => void;
}

/** The process as its control commands see it. */
export function controlPlane(
  { instance, log, connectionLogs, config, configuration, upgrade, loops, failures, metrics, leaving, shutdown }:
    Controlled,
): ControlPlane {
  return {
    get frozen() {
      return upgrade.frozen;
    },
    get leaving() {
      return leaving();
    },
    upgrade: () => upgrade.run(),
    get services() {
      return instance.services.map((service) => controlledService(service, instance, connectionLogs));
    },
    version,
    describe: () => ({ version, pid: Deno.pid, ...instance.describe(), log: log.state, config: config?.path ?? null }),
    failed: async ({ most, channel: asked }) => {
      await instance.catchUp();
      const { services } = instance, lost = instance.lostRecords;
      if (asked === undefined) return failures.state({ most }, services, lost);
      const { service: { groups, name }, group, number } = asked, channel = groups.table.channelAt(group, number);
      return failures.state({ most, channel: { service: { name, groups }, channel } }, services, lost);
    },
    connection: async (id) => {
      const { describeConnections } = await connections();
      for (const service of instance.services) {
        const [open] = await describeConnections(service, { id });
        if (open !== undefined) return open;
      }
      await instance.catchUp();
      return await failures.find(id);
    },
    changed: (command, reply) => {
      log.logger.info("control: {command}: {reply}", { command, reply });
      loops.look();
    },
    shutdown,
    config: () => configuration.lines(),
    metrics: async () => await (await metrics()).text({ form: "text" }),
    ...config === undefined ? {} : {
      reload: (dryRun) => configuration.reload(dryRun),
      save: () => configuration.save(),
    },
  };
}

/** What few commands need, and is loaded for them. */
const connections = () => import("../service/connections/open_connections.ts");

function controlledService(
  service: Service,
  instance: Instance,
  connectionLogs: ConnectionLogs,
): ControlledService {
  return {
    name: service.name,
    addresses: service.hostnames,
    ports: service.ports.map(({ first, last }) => ({ first, last })),
    groups: service.groups,
    get connections() {
      return service.connections;
    },
    get held() {
      const { delays } = service;
      return delays.length === 0 ? undefined : delays;
    },
    get access() {
      return service.access?.state;
    },
    get connectionLog() {
      return connectionLogs.state(service);
    },
    get clients() {
      return service.access?.clients;
    },
    operators: async () => await (await import("../service/access/operator_access.ts")).operatorsOf(service),
    why: (client, options) => service.why(client, options),
    drain: (group, channel, seconds) => service.startDrain(group, channel, seconds),
    close: (group, channel, oldest) => service.closeChannel(group, channel, { oldest }),
    listConnections: async (...which) => await (await connections()).listConnections(service, ...which),
    connectedClients: async (over) => await (await connections()).connectedClients(service, over),
    closeConnections: async (choice) => await (await connections()).closeConnections(service, choice),
    closeConnection: async (id) => (await (await connections()).closeConnection(instance.services, id))?.name,
    waitUntil: (look, options) => waitUntil(() => look(controlledService(service, instance, connectionLogs)), options),
    resolve: async (host, word) => {
      const port = parsePort(word);
      if (port === undefined) throw new Error(`Cannot resolve port: ${quote(word)}`);
      return { host: await service.resolve(host), port };
    },
  };
}
