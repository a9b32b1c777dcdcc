import { quote } from "../log/escape.ts";
import { formatAddress, isWildcard } from "../table/address.ts";

/** Where a service is to listen. */
export interface Place {
  readonly service: string;
  /** Numeric. */
  readonly hostname: string;
  readonly port: number;
}

/** A listening socket that was opened by somebody else. */
export interface InheritedSocket {
  readonly descriptor: number;
  /** The service it is meant for, as the one who opened it says. */
  readonly name: string | undefined;
  readonly hostname: string;
  readonly port: number;
  /** Whether it may have no place, as after a change of the file of services. */
  readonly optional?: boolean;
}

/** A listening socket that was opened by somebody else cannot be used. */
export class UnusableSocket extends Error {
  override readonly name = "UnusableSocket";
}

/**
 * Finds the place of each inherited socket: the one with its very address, or else the one with its port in the service
 * that it is named for, or else, for a socket on any address, the only one with its port.
 *
 * @returns a socket or undefined for each place
 * @throws {UnusableSocket} naming the socket for which there is no place, or for which it is taken
 */
export function matchSockets<P extends Place>(
  places: readonly P[],
  sockets: readonly InheritedSocket[],
): (InheritedSocket | undefined)[] {
  const found = new Array<InheritedSocket | undefined>(places.length).fill(undefined);
  for (const socket of sockets) {
    const index = placeFor(places, socket);
    if (index === undefined) continue;
    const other = found[index];
    if (other !== undefined) {
      throw refuse(
        socket,
        `descriptor ${other.descriptor} serves that port of service ${quote(places[index].service)}`,
      );
    }
    found[index] = socket;
  }
  return found;
}

function placeFor(places: readonly Place[], socket: InheritedSocket): number | undefined {
  const { hostname, port, name } = socket, samePort = places.flatMap((place, i) => place.port === port ? [i] : []);
  const exact = samePort.find((i) => places[i].hostname === hostname);
  if (exact !== undefined || socket.optional) return exact;
  const named = samePort.filter((i) => places[i].service === name);
  if (named.length === 1) return named[0];
  if (samePort.length === 1 && isWildcard(hostname)) return samePort[0];
  if (places.some(({ service }) => service === name)) {
    throw refuse(socket, `service ${quote(name!)} has no such port${named.length > 1 ? " on any address" : ""}`);
  }
  throw refuse(socket, samePort.length === 0 ? "no service has that port" : "no service listens on that address");
}

function refuse({ descriptor, name, hostname, port }: InheritedSocket, why: string): UnusableSocket {
  const called = name === undefined ? "" : ` (${quote(name)})`, where = formatAddress({ host: hostname, port });
  return new UnusableSocket(`Cannot use descriptor ${descriptor}${called}, which listens on ${where}: ${why}`);
}
