import type { GroupSpec } from "../../groups/group_spec.ts";
import type { Groups } from "../../groups/groups.ts";
import { type Address, formatChannelAddress, formatHost, parseHost } from "../../table/address.ts";
import { ChannelLoop } from "../errors.ts";

/** Where a service listens. */
export interface Listening {
  /** Numeric address, which may be a wildcard. */
  readonly hostname: string;
  readonly port: number;
}

/** Numeric addresses that a wildcard listens on, and that the connect to a wildcard goes to. */
const WILDCARDS: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/**
 * Whether a connection to an address reaches a listener.
 *
 * @param address with port 0, the connection goes to the port that the client came to
 * @param own numeric addresses of this machine, besides loopback
 */
export function leadsBack(
  { host, port }: Address,
  listening: Listening,
  own: () => ReadonlySet<string> = ownAddresses,
): boolean {
  if (port !== 0 && port !== listening.port) return false;
  const target = WILDCARDS[host] ?? host, { hostname } = listening;
  if (target === hostname) return true;
  // The IPv6 wildcard also takes IPv4 clients.
  if (hostname !== "::" && (hostname !== "0.0.0.0" || target.includes(":"))) return false;
  return target.startsWith("127.") || target === "::1" || own().has(target);
}

/** The same with any of several listeners. */
export function leadsBackToAny(address: Address, all: readonly Listening[], own = ownAddressesOnce()): boolean {
  return all.some((listening) => leadsBack(address, listening, own));
}

/** The addresses of this machine, looked up when they are first needed: that takes longer than all the rest. */
export function ownAddressesOnce(): () => ReadonlySet<string> {
  let known: ReadonlySet<string> | undefined;
  return () => known ??= ownAddresses();
}

/** Channels without a limit that are the service itself, so that a client would come back endlessly. */
export function endlessLoops(
  groups: Groups,
  all: readonly Listening[],
  own: () => ReadonlySet<string>,
): { group: number; channel: number; address: Address }[] {
  const loops = [];
  for (const { group, channels } of groups.snapshot()) {
    for (const { channel, enabled, address: host, port, maxc } of channels) {
      if (!enabled || maxc > 0 || !leadsBackToAny({ host, port }, all, own)) continue;
      loops.push({ group, channel, address: { host, port } });
    }
  }
  return loops;
}

/** @throws {ChannelLoop} when a channel without a limit is the service itself */
export function refuseLoops(groups: readonly GroupSpec[], all: readonly Listening[], own = ownAddressesOnce()): void {
  for (const [group, { channels }] of groups.entries()) {
    for (const [number, { address: host, port, maxc = 0, origin }] of channels.entries()) {
      if (host === undefined || maxc > 0 || !leadsBackToAny({ host, port }, all, own)) continue;
      const address = formatChannelAddress({ host, port });
      const word = origin ?? { group, channel: number };
      throw new ChannelLoop(`groups[${word.group}].channels[${word.channel}]`, address, word.group, word.channel);
    }
  }
}

/** The addresses of this machine's interfaces; none without the permission to read them. */
function ownAddresses(): ReadonlySet<string> {
  // Queried first, so that Deno does not prompt.
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "networkInterfaces" });
  if (state !== "granted") return new Set();
  try {
    return new Set(
      Deno.networkInterfaces().map(({ address, scopeid }) => {
        const { bytes } = parseHost(address);
        // Zones belong to link-local addresses only (RFC 4007).
        return formatHost(bytes, bytes[0] === 0xfe && (bytes[1] & 0xc0) === 0x80 ? scopeid ?? 0 : 0);
      }),
    );
  } catch {
    return new Set();
  }
}
