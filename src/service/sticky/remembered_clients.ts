import type { Groups } from "../../groups/groups.ts";
import type { StickyClient, StickyClients } from "../../groups/sticky_clients.ts";
import { quote } from "../../log/escape.ts";
import { type ClientKey, parseClientKey } from "../../table/sticky/client_key.ts";
import { coded } from "../errors.ts";
import { HOST } from "../options/option_shapes.ts";
import { keepTelling, stopTelling } from "./sticky_clock.ts";

/**
 * From now on the groups remember these clients, or none, and somebody tells them the time.
 *
 * @param seconds after its last connection for which a client is remembered
 */
export function remember(groups: Groups, clients: StickyClients | undefined, seconds: number): void {
  if (groups.sticky !== undefined && groups.sticky !== clients) stopTelling(groups.sticky);
  groups.sticky = clients;
  if (clients === undefined) return;
  clients.seconds = seconds;
  keepTelling(clients);
}

/**
 * The clients that are remembered, in order; only this one if there is an address. @throws {TypeError} when that is not
 * numeric
 */
export function remembered({ sticky }: Groups, address?: string): StickyClient[] {
  const key = optionalKey(address);
  return sticky?.list(key) ?? [];
}

/** Forgets an address, or all. @returns how many were known @throws {TypeError} when the address is not numeric */
export function forget({ sticky }: Groups, address?: string): number {
  const key = optionalKey(address);
  if (sticky === undefined) return 0;
  return key === undefined ? sticky.forgetAll() : Number(sticky.forget(key));
}

/** @throws {TypeError} when this is neither a numeric address nor nothing */
function optionalKey(address: unknown): ClientKey | undefined {
  if (address === undefined) return undefined;
  const text = HOST(address, "address"), key = parseClientKey(text);
  if (key !== undefined) return key;
  throw coded(new TypeError(`Cannot use address ${quote(text)}: it is not numeric`), "ERR_INVALID_TYPE");
}
