import { familyOf, formatHost, parseHost } from "../../table/address.ts";
import { refined, text } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** The port of name servers. */
const DNS_PORT = 53;

/** A name server: a numeric address, with a port unless that is 53; an IPv6 address with a port is in brackets. */
export function nameServer(): Kind<string> {
  return {
    metavar: "ADDR[:PORT]",
    read: (word) => {
      const server = serverOf(word);
      if (server === undefined) return new Refusal("takes a numeric address and optionally a port");
      const { host, port } = server;
      if (port === DNS_PORT) return host;
      return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    },
    write: (value) => value,
    check: refined(text(), (word) => {
      return serverOf(word) === undefined ? "it must be a numeric address, optionally with a port" : undefined;
    }),
  };
}

/** Where a name server is; undefined if that is not what a word says. */
export function serverOf(word: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(word) ??
    [undefined, word, word];
  const host = bracketed ?? plain, port = digits === undefined ? DNS_PORT : Number(digits);
  if (familyOf(host) === 0 || port < 1 || port > 65535) return undefined;
  try {
    const { bytes, zone } = parseHost(host);
    return { host: formatHost(bytes, zone), port };
  } catch {
    return undefined;
  }
}
