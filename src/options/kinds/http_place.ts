import { familyOf, formatHost, parseHost } from "../../table/address.ts";
import { refined, text } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** Where HTTP is spoken: a TCP port of an address, or a Unix socket. */
export type HttpPlace = { readonly hostname: string; readonly port: number } | { readonly path: string };

/** Listened on where no address is given. */
const LOOPBACK = "127.0.0.1";

/** `9101`, `10.0.0.1:9101`, `[::1]:9101`, `localhost:9101`, or the path of a Unix socket, which has a slash. */
export function httpPlace(): Kind<string> {
  return {
    metavar: "[ADDR:]PORT|PATH",
    read: (word) => httpPlaceOf(word) === undefined ? new Refusal(`takes ${EXPECTED}`) : word,
    write: (value) => value,
    check: refined(text(), (word) => httpPlaceOf(word) === undefined ? `it must be ${EXPECTED}` : undefined),
    names: "address",
  };
}

const EXPECTED = "a port, a numeric address with a port, or the path of a Unix socket with a slash in it";

/** What such a word says; undefined if it is none. */
export function httpPlaceOf(word: string): HttpPlace | undefined {
  if (word.includes("/")) return word.endsWith("/") || word.includes("\0") ? undefined : { path: word };
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]*)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(word) ?? [];
  const host = bracketed ?? plain ?? LOOPBACK, port = Number(digits);
  if (digits === undefined || port < 1 || port > 65535) return undefined;
  if (host === "localhost" && bracketed === undefined) return { hostname: LOOPBACK, port };
  if (familyOf(host) !== (bracketed === undefined ? 4 : 6)) return undefined;
  try {
    const { bytes, zone } = parseHost(host);
    return { hostname: formatHost(bytes, zone), port };
  } catch {
    return undefined;
  }
}

/** The place as people write it; the same for the same place. */
export function placeText(place: HttpPlace): string {
  if ("path" in place) return place.path;
  const { hostname, port } = place;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
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

/** Whether only this machine can connect to a place. */
export function isLocal(place: HttpPlace): boolean {
  return "path" in place || isLoopback(place.hostname);
}
