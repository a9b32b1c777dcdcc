import { familyOf } from "../../table/address.ts";
import { nearest } from "../nearest.ts";
import { readPorts } from "../port_ranges.ts";
import { commaList, type WrongPart } from "./comma_list.ts";
import type { Kind } from "./kind.ts";

/** A list of values, which a program may give as words. */
type List<T, L = string> = Kind<readonly T[], L | readonly L[]>;

/** Characters of the longest host name (RFC 1035, 2.3.4), of a label, and of an ALPN protocol (RFC 7301, 3.1). */
const LONGEST_NAME = 253, LONGEST_LABEL = 63, LONGEST_PROTOCOL = 255;

/** Names that TLS clients ask for, in lower case and without a dot at the end; `*.` stands for one label. */
export function serverNames(): List<string> {
  return commaList({ metavar: "NAMES", read: serverName, write: (name) => name });
}

function serverName(part: string): string | WrongPart {
  if (familyOf(part.replace(/^\[(.*)\]$/, "$1")) !== 0) {
    return { wrong: "is an address; TLS clients ask for names only" };
  }
  if (part === "*") return { wrong: "would be any name; without sni=, or with proto=tls, a group takes them all" };
  const name = part.toLowerCase().replace(/\.$/, ""), own = name.replace(/^\*\./, "");
  if (own.includes("*")) return { wrong: 'has "*" in a place other than its first label', suggestion: asterisk(own) };
  const labels = own.split(".");
  if (/[^\0-\x7f]/.test(own)) return { wrong: "is not in the form that clients send", suggestion: punycode(name) };
  if (name.length > LONGEST_NAME || !labels.every(isLabel)) return { wrong: "is no host name" };
  return name;
}

function isLabel(label: string): boolean {
  return label.length <= LONGEST_LABEL && /^[a-z0-9_]([\w-]*[a-z0-9_])?$/.test(label);
}

/** `*.b` for `a.*.b`. */
function asterisk(name: string): string | undefined {
  const end = name.slice(name.lastIndexOf("*") + 1);
  return /^\.[a-z0-9.-]+$/.test(end) ? `*${end}` : undefined;
}

/** The form of an international name that clients send (RFC 5890). */
function punycode(name: string): string | undefined {
  const front = name.startsWith("*.") ? "*." : "", url = `http://${name.slice(front.length)}`;
  return URL.canParse(url) ? front + new URL(url).hostname : undefined;
}

/** Protocols that TLS clients offer (ALPN), such as `h2,http/1.1`. */
export function applicationProtocols(): List<string> {
  return commaList<string>({
    metavar: "PROTOCOLS",
    read: (part) => part.length <= LONGEST_PROTOCOL && /^[!-~]+$/.test(part) ? part : { wrong: "names no protocol" },
    write: (protocol) => protocol,
  });
}

/** Ports that follow each other. */
export interface Ports {
  /** The first one. */
  readonly first: number;
  /** The same as `first` for a single port. */
  readonly last: number;
}

/** Ports by number or name, and ranges of them. */
export function portNumbers(): List<Ports, number | string> {
  return commaList<Ports, number | string>({
    metavar: "PORTS",
    numbers: true,
    read: (part) => {
      const { ports: [range], faults: [fault] } = readPorts({ text: part, word: 0 });
      if (fault === undefined) return { first: range.first, last: range.last };
      return { wrong: "is neither a port nor a range of ports", suggestion: fault.suggestion };
    },
    write: ({ first, last }) => last > first ? `${first}-${last}` : String(first),
  });
}

/** What a client may say first. `none`: nothing within `--preamble-timeout`. */
export type FirstProtocol = "tls" | "ssh" | "http" | "none";

const FIRST_PROTOCOLS: readonly FirstProtocol[] = ["tls", "ssh", "http", "none"];

/** What the first bytes of a client are. */
export function firstProtocols(): List<FirstProtocol> {
  return commaList<FirstProtocol>({
    metavar: FIRST_PROTOCOLS.join("|"),
    read: (part) => FIRST_PROTOCOLS.find((known) => known === part) ?? notFirst(part),
    write: (protocol) => protocol,
    words: FIRST_PROTOCOLS,
  });
}

function notFirst(part: string): WrongPart {
  return { wrong: `is not ${FIRST_PROTOCOLS.join(" or ")}`, suggestion: nearest(part, FIRST_PROTOCOLS) };
}
