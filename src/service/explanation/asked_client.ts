import { quote } from "../../log/escape.ts";
import { NO_GREETING } from "../../preamble/greeting.ts";
import type { Client } from "../../selection/strategy.ts";
import { parseHost } from "../../table/address.ts";
import { coded } from "../errors.ts";
import { HOST, WHY_OPTIONS } from "../options/option_shapes.ts";
import type { WhyOptions } from "../options/options.ts";
import type { RunningService } from "../running_service.ts";

/**
 * A client about which it is asked.
 *
 * @throws {TypeError} when a value is of the wrong kind, or the address is not numeric
 * @throws {RangeError} when the service does not listen on that port, or a client that speaks no TLS asks for a name
 */
export function askedClient(
  { ports, address: { port: first } }: Pick<RunningService, "ports" | "address">,
  client: string,
  options: WhyOptions,
): Pick<Client, "address" | "greeting"> & { readonly localPort: number } {
  const { port = first, sni, alpn, proto = sni === undefined && alpn === undefined ? undefined : "tls" } = WHY_OPTIONS(
    options,
    "options",
  );
  if (!ports.some(({ first, last }) => first <= port && port <= last)) {
    throw wrong("port", String(port), "the service does not listen on it");
  }
  if (proto !== "tls" && proto !== undefined) {
    if (sni !== undefined) throw wrong("sni", sni, `only TLS clients ask for a name, but proto is ${proto}`);
    if (alpn !== undefined) {
      throw wrong("alpn", alpn.join(","), `only TLS clients offer protocols, but proto is ${proto}`);
    }
  }
  const greeting = proto === undefined
    ? undefined
    : { ...NO_GREETING, protocol: proto, serverName: sni?.toLowerCase().replace(/\.$/, "") ?? "", alpn: alpn ?? [] };
  return { address: addressOf(HOST(client, "client")), localPort: port, greeting };
}

function addressOf(client: string): Uint8Array {
  try {
    return parseHost(client).bytes;
  } catch {
    throw coded(new TypeError(`Cannot use client ${quote(client)}: it is no numeric address`), "ERR_INVALID_TYPE");
  }
}

function wrong(path: string, value: string, why: string): RangeError {
  return coded(new RangeError(`Cannot use options.${path} ${quote(value)}: ${why}`), "ERR_OUT_OF_RANGE");
}
