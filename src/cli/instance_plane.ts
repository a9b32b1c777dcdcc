import type { Balancer } from "../balancer/balancer.ts";
import type { ControlPlane } from "../control/control_plane.ts";
import { quote } from "../log/escape.ts";
import type { Log } from "../log/log.ts";
import { parsePort } from "../options/port_names.ts";
import type { LoopWarnings } from "./loop_warnings.ts";
import { version } from "./version.ts";

/** The instance as its control commands see it. */
export function controlPlane(
  balancer: Balancer,
  log: Log,
  listeningPort: number,
  shutdown: () => void,
  loops?: LoopWarnings,
): ControlPlane {
  const started = performance.now(), startedAt = new Date().toISOString();
  return {
    groups: balancer.groups,
    version,
    resolve: async (host, word) => {
      const port = parsePort(word);
      if (port === undefined) throw new Error(`Cannot resolve port: ${quote(word)}`);
      return { host: await balancer.resolve(host), port };
    },
    describe: () => ({
      version,
      pid: Deno.pid,
      engine: balancer.engine,
      engineReason: balancer.engineReason,
      threads: balancer.threads,
      address: balancer.address.hostname,
      port: listeningPort,
      started: startedAt,
      uptime: Math.floor((performance.now() - started) / 1000),
      connections: balancer.connections,
      log: log.state,
    }),
    changed: (command, reply) => {
      log.logger.info("control: {command}: {reply}", { command, reply });
      loops?.look();
    },
    shutdown,
  };
}
