import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { escape, quote } from "../log/escape.ts";
import { formatHost, parseHost } from "../table/address.ts";

/**
 * Turns a host into a numeric address. Of a name with several addresses the first IPv4 one is taken, as Balance does;
 * a name that has only IPv6 addresses gives the first of them.
 *
 * @throws {Error} naming the host, when it is malformed or does not resolve
 */
export async function resolveHost(host: string): Promise<string> {
  const [address, zone, ...more] = host.split("%");
  if (isIP(address) !== 0 && more.length === 0) {
    const { bytes, zone: index } = parseHost(zone === undefined ? host : `${address}%${interfaceIndex(zone)}`);
    return formatHost(bytes, index);
  }
  // What cannot be a name is not looked up: the resolver would wait for an answer that says so.
  if (!/^[\p{L}\p{N}_.-]{1,253}$/u.test(host)) {
    throw new Error(`Cannot resolve host: ${quote(host)} is not a host name`);
  }
  let found: { address: string; family: number }[];
  try {
    found = await lookup(host, { all: true });
  } catch (error) {
    const { code } = error as { code?: string };
    throw new Error(`Cannot resolve host: ${quote(host)} ${REASONS[code ?? ""] ?? escape(String(code ?? error))}`);
  }
  const chosen = found.find(({ family }) => family === 4) ?? found[0];
  if (chosen === undefined) throw new Error(`Cannot resolve host: ${quote(host)} has no address`);
  return chosen.address;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "is not known",
  EPERM: "may not be looked up: there is no permission, --allow-net",
  EAI_AGAIN: "got no answer from the name service",
};

function interfaceIndex(zone: string): string {
  if (/^\d+$/.test(zone)) return zone;
  const found = Deno.networkInterfaces().find(({ name, scopeid }) => name === zone && scopeid);
  if (!found?.scopeid) throw new Error(`Cannot resolve host: no interface ${quote(zone)} with a link-local address`);
  return String(found.scopeid);
}
