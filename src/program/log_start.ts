import type { Logger } from "../log/log.ts";
import { plural } from "../log/plural.ts";
import { portsWord } from "../options/port_ranges.ts";
import { descriptorLimit } from "../process/descriptors.ts";
import type { Instance } from "../service/instance.ts";
import type { Service } from "../service/service.ts";
import { formatAddress } from "../table/address.ts";
import { servicePrefix } from "./service_prefix.ts";
import { version } from "./version.ts";

/** Logs that an instance has started, and what its operator should know. */
export function logStart(logger: Logger, instance: Instance): void {
  const { engine, threads, services } = instance, pid = Deno.pid;
  if (services.length === 1) {
    const { text, values } = sizeOf(services[0]);
    const address = addressText(services[0]);
    logger.info(`balance {version} listens on {address}: ${text}, engine {engine}`, {
      version,
      address,
      ...values,
      engine,
      pid,
    });
  } else {
    const count = services.length;
    logger.info(`balance {version} serves {count} ${plural(count, "service")}, engine {engine}`, {
      version,
      count,
      engine,
      pid,
    });
    for (const service of services) logServing(logger, instance, service);
  }
  warnOfLimits(logger, instance);
  logger.debug("engine {engine}, threads {threads}: {reason}", { engine, threads, reason: instance.engineReason });
  if (engine === "portable") {
    logger.debug(
      "out-of-band data is not passed on: Deno's sockets lack it, and the data behind it is held until more arrives",
    );
  }
}

/** Logs that more clients are asked for than there are descriptors for. */
export function warnOfLimits(logger: Logger, { limits: { maxConnections, descriptors } }: Instance): void {
  if (maxConnections <= descriptors.connections || descriptorLimit() === undefined) return;
  logger.warn(
    "--max-connections {wanted} is beyond the descriptor limit, which allows {connections} " +
      `${plural(descriptors.connections, "client")}; others will wait`,
    { wanted: maxConnections, connections: descriptors.connections },
  );
}

/** Logs that one of several services listens. */
function logServing(logger: Logger, instance: Instance, service: Service): void {
  const { text, values } = sizeOf(service), about = servicePrefix(instance, service.name);
  logger.info(`${about.prefix}listens on {address}: ${text}`, {
    ...about.service,
    address: addressText(service),
    ...values,
  });
}

/** Where a service listens: `0.0.0.0:80,443`. */
function addressText({ hostnames, ports }: Service): string {
  const [{ first, last }] = ports, single = ports.length === 1 && first === last;
  // A single port as a number, whatever word it was given as.
  const word = single ? String(first) : portsWord(ports);
  return hostnames.map((host) => formatAddress({ host, port: 0 }).replace(/0$/, word)).join(", ");
}

function sizeOf(service: Service): { text: string; values: { channels: number; groups: number } } {
  const groups = service.groups.snapshot(), channels = groups.reduce((sum, { channels }) => sum + channels.length, 0);
  return {
    text: `{channels} ${plural(channels, "channel")} in {groups} ${plural(groups.length, "group")}`,
    values: { channels, groups: groups.length },
  };
}
