import type { PortRange } from "../../options/port_ranges.ts";
import type { ServiceValues } from "../../options/values.ts";
import type { RequestedGroup } from "../options/options.ts";

/**
 * A service that is asked for: a `ServiceSpec`, or what the library gives. That may leave the name to the port, ask for
 * a free port (0), and name custom strategies.
 */
export interface ServiceRequest {
  /** Default: its first port. */
  readonly name?: string;
  readonly ports: readonly PortRange[];
  readonly groups: readonly RequestedGroup[];
  readonly values: ServiceValues;
}

/** Whether clients come to several ports, so that a channel without one gets the port that its client came to. */
export function hasSeveralPorts({ ports }: Pick<ServiceRequest, "ports">): boolean {
  return ports.length > 1 || ports[0].last > ports[0].first;
}

/** Every port, in the order given. */
export function allPorts({ ports }: Pick<ServiceRequest, "ports">): number[] {
  return ports.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
}

/** The port that channels without one have in the table: the service's, or 0 for the one that the client came to. */
export function standardPort(request: Pick<ServiceRequest, "ports">): number {
  return hasSeveralPorts(request) ? 0 : request.ports[0].first;
}
