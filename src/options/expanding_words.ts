import { quote } from "../log/escape.ts";
import { familyOf } from "../table/address.ts";
import type { Misread } from "./channel_options.ts";
import type { ChannelValues } from "./channel_values.ts";

/**
 * The name of SRV records (RFC 2782) that a channel's host stands for, as in `srv:_http._tcp.example`; undefined for any
 * other host. `srv:http` is the host `srv` with a port.
 */
export function srvName(host: string): string | undefined {
  return /^srv:((?:_|[^:]*\.)[^:]*)$/.exec(host)?.[1];
}

/** A word that may stand for several channels, with what it says of them. */
interface Word extends ChannelValues {
  readonly host: string;
  readonly port?: number;
}

/** Whether a word may stand for several channels. */
export function isExpanding({ host, all }: Word): boolean {
  return all === true || srvName(host) !== undefined;
}

/** Why a word cannot stand for several channels as it is; undefined if it can, or does not. */
export function expandingFault(word: Word): Misread | undefined {
  const { host, port, weight, name, all } = word, srv = srvName(host);
  if (!isExpanding(word)) return undefined;
  if (name !== undefined) return { why: `name ${quote(name)} is for one channel, but this word may stand for several` };
  if (srv === undefined) {
    return familyOf(host.replace(/%.*/, "")) === 0 ? undefined : { why: "all needs a host name" };
  }
  if (!NAME.test(srv)) return { why: `${quote(srv)} is not a name of SRV records` };
  if (all) return { why: "all is for host names; SRV records stand for all their hosts" };
  if (port !== undefined) return { why: "it takes no port: SRV records have one" };
  if (weight !== undefined) return { why: "it takes no weight: SRV records have one" };
  return undefined;
}

/** Names of SRV records. */
const NAME = /^[\p{L}\p{N}_.-]{1,253}$/u;
