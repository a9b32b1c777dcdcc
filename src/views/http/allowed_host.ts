import { familyOf, parseHost } from "../../table/address.ts";

/**
 * Whether a server that listens on loopback may answer a request that calls it so. A browser names the site that it
 * believes to talk to; if that is another one, somebody has pointed its name at this machine (DNS rebinding).
 *
 * @param host the field Host, perhaps with a port
 */
export function isLoopbackName(host: string): boolean {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(host) ?? [];
  const name = (bracketed ?? plain ?? "").toLowerCase();
  return /^(?:.+\.)?localhost\.?$/.test(name) || isLoopback(name);
}

/** Whether a numeric address is one that only this machine can reach. */
export function isLoopback(address: string): boolean {
  if (familyOf(address) === 0) return false;
  const { bytes } = parseHost(address);
  if (bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff) {
    return bytes[12] === 127;
  }
  return bytes.subarray(0, 15).every((byte) => byte === 0) && bytes[15] === 1;
}
