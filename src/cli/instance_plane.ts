import type { Balancer } from "../balancer/balancer.ts";
import type { ControlledService, ControlPlane } from "../control/control_plane.ts";
import { quote } from "../log/escape.ts";
import type { Log } from "../log/log.ts";
import { parsePort } from "../options/port_names.ts";
import type { PortRange } from "../options/port_ranges.ts";
import type { LoopWarnings } from "./loop_warnings.ts";
import { version } from "./version.ts";

/** The process as its control commands see it. */
export function controlPlane(
  balancer: Balancer,
  log: Log,
  { name, ports }: { readonly name: string; readonly ports: readonly Omit<PortRange, "word">[] },
  shutdown: () => void,
  loops?: LoopWarnings,
): ControlPlane {
  const started = performance.now(), startedAt = new Date().toISOString();
  const service: ControlledService = {
    name,
    addresses: [balancer.address.hostname],
    ports: ports.map(({ first, last }) => ({ first, last })),
    groups: balancer.groups,
    get connections() {
      return balancer.connections;
    },
    resolve: async (host, word) => {
      const port = parsePort(word);
      if (port === undefined) throw new Error(`Cannot resolve port: ${quote(word)}`);
      return { host: await balancer.resolve(host), port };
    },
  };
  return {
    services: [service],
    version,
    describe: () => ({
      version,
      pid: Deno.pid,
      engine: balancer.engine,
      engineReason: balancer.engineReason,
      threads: balancer.threads,
      started: startedAt,
      uptime: Math.floor((performance.now() - started) / 1000),
      connections: balancer.connections,
      log: log.state,
      config: null,
    }),
    changed: (command, reply) => {
      log.logger.info("control: {command}: {reply}", { command, reply });
      loops?.look();
    },
    shutdown,
  };
}
