import { isLoopback } from "../../options/kinds/http_place.ts";

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
