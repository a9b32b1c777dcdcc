import { quote } from "../../log/escape.ts";
import { familyOf } from "../../table/address.ts";
import { nearest } from "../nearest.ts";
import { type Ports, readPorts } from "../port_ranges.ts";
import { list, outOfRange, type Shape, text } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

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

/** All of them. */
export const FIRST_PROTOCOLS: readonly FirstProtocol[] = ["tls", "ssh", "http", "none"];

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

/** Most values of a list that a program may give. */
const MOST_VALUES = 4096;

/** What is wrong with one part of a list. */
interface WrongPart {
  /** What is wrong with it, behind the part: `is an address`. */
  readonly wrong: string;
  /** What was probably meant. */
  readonly suggestion?: string;
}

/** How the parts of a list are read and written. */
interface Parts<T> {
  readonly metavar: string;
  /** Reads one of them, which is not empty. */
  read(part: string): T | WrongPart;
  /** The word that is read as this one, and as no other. */
  write(value: T): string;
  /** Whether a program may give numbers in place of words. */
  readonly numbers?: boolean;
  /** All that there can be, if there are few. */
  readonly words?: readonly string[];
}

/** Values separated by commas, without those that are there already. A program may give them as an array as well. */
function commaList<T extends string | object, L extends string | number = string>(
  { metavar, read, write, numbers, words }: Parts<T>,
): Kind<readonly T[], L | readonly L[]> {
  const readAll = (parts: readonly string[]): readonly T[] | WrongPart & { readonly part: string } => {
    const values = new Map<string, T>();
    for (const part of parts) {
      const value = part === "" ? { wrong: "is empty" } : read(part);
      if (isWrong(value)) return { ...value, part };
      values.set(write(value), value);
    }
    return [...values.values()];
  };
  const filled = text({ filled: true });
  const item: Shape<string> = (value, path) =>
    filled(numbers && typeof value === "number" ? String(value) : value, path);
  const items = list(item, MOST_VALUES);
  const check: Shape<readonly T[]> = (value, path) => {
    const alone = typeof value === "string" || (numbers && typeof value === "number");
    const parts = alone ? item(value, path).split(",") : items(value, path);
    if (parts.length === 0) throw outOfRange(path, ": it is empty");
    const read = readAll(parts);
    if (!isWrong(read)) return read;
    const { part, wrong, suggestion } = read, guess = suggestion && `; did you mean ${quote(suggestion)}?`;
    throw outOfRange(path, `: ${quote(part)} ${wrong}${guess ?? ""}`);
  };
  return {
    metavar,
    read: (word) => {
      if (word === "") return new Refusal(`needs a value: ${metavar}`, false);
      const read = readAll(word.split(","));
      if (!isWrong(read)) return read;
      const { part, wrong, suggestion } = read;
      return new Refusal(`has a bad part: ${quote(part)} ${wrong}`, false, suggestion);
    },
    write: (values) => values.map(write).join(","),
    check,
    words,
  };
}

function isWrong<T>(read: T | WrongPart): read is WrongPart {
  return typeof read === "object" && read !== null && "wrong" in read;
}
