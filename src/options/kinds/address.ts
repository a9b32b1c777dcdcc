import { familyOf, formatHost, isMapped, parseHost } from "../../table/address.ts";
import { text } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

const BAD = "has a bad address";

/** An address to listen on: a numeric one, in brackets or not, or a name. */
export function bindAddress(): Kind<string> {
  return {
    metavar: "ADDR",
    read: (word) => {
      const host = word.replace(/^\[(.*)\]$/, "$1");
      if (host === "") return new Refusal("needs a value: ADDR", false);
      // IPv4-mapped addresses are IPv4 addresses in another notation, so they get an IPv4 socket.
      return familyOf(host) === 0 ? host : canonical(host) ?? new Refusal(BAD);
    },
    write: (value) => value,
    check: text(),
    names: "address",
  };
}

/** Stands for the address of the client as the source of its connection to a channel. */
export const CLIENT_SOURCE = "client";

/** An address to connect from: in words a numeric one or `client`, from a program a name as well. */
export function sourceAddress(): Kind<string> {
  return {
    metavar: "ADDR",
    read: (word) => {
      if (word === CLIENT_SOURCE) return word;
      if (familyOf(word) === 0) return new Refusal("takes a numeric address, or client");
      return canonical(word) ?? new Refusal(BAD);
    },
    write: (value) => value,
    check: text(),
    words: [CLIENT_SOURCE],
  };
}

/** The canonical form. The zone of a scoped address may be an interface name, whose index is looked up later. */
function canonical(word: string): string | undefined {
  const [address, zone, ...more] = word.split("%");
  const named = zone !== undefined && !/^\d*$/.test(zone) && more.length === 0;
  try {
    const { bytes, zone: index } = parseHost(named ? address : word);
    if (!named) return formatHost(bytes, index);
    return isMapped(bytes) ? undefined : `${formatHost(bytes)}%${zone}`;
  } catch {
    return undefined;
  }
}
