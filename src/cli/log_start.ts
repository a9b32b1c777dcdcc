import type { Balancer } from "../balancer/balancer.ts";
import type { Logger } from "../log/log.ts";
import { plural } from "../log/plural.ts";
import { descriptorLimit } from "../process/descriptors.ts";
import { formatAddress } from "../table/address.ts";
import { version } from "./version.ts";

/** Logs that an instance has started, and what its operator should know. */
export function logStart(logger: Logger, balancer: Balancer): void {
  const { hostname, port } = balancer.address, groups = balancer.show();
  const channels = groups.reduce((sum, { channels }) => sum + channels.length, 0);
  const size = `{channels} ${plural(channels, "channel")} in {groups} ${plural(groups.length, "group")}`;
  logger.info(`balance {version} listens on {address}: ${size}, engine {engine}`, {
    version,
    address: formatAddress({ host: hostname, port }),
    channels,
    groups: groups.length,
    engine: balancer.engine,
    pid: Deno.pid,
  });
  const { maxConnections, descriptors } = balancer.limits;
  if (maxConnections > descriptors.connections && descriptorLimit() !== undefined) {
    logger.warn(
      "--max-connections {wanted} is beyond the descriptor limit, which allows {connections} " +
        `${plural(descriptors.connections, "client")}; others will wait`,
      { wanted: maxConnections, connections: descriptors.connections },
    );
  }
  logger.debug("engine {engine}, threads {threads}: {reason}", {
    engine: balancer.engine,
    threads: balancer.threads,
    reason: balancer.engineReason,
  });
  if (balancer.engine === "portable") {
    logger.debug(
      "out-of-band data is not passed on: Deno's sockets lack it, and the data behind it is held until more arrives",
    );
  }
}
