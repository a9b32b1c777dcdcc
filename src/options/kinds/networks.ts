import { isNetworkFault, type NetworkFault, parseNetworks } from "../../access/network_words.ts";
import { quote } from "../../log/escape.ts";
import { oneOf, outOfRange, record, type Shape, text } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** Networks, addresses, ranges and files of them: a word that `parseNetworks` reads, in its canonical form. */
export function networks(): Kind<string> {
  return {
    metavar: "NETWORKS",
    read: (word) => {
      const read = canonical(word);
      return typeof read === "string" ? read : new Refusal(badNetwork(read), false, read.suggestion);
    },
    write: (value) => value,
    check: shape,
  };
}

/** The same without files. */
export function numericNetworks(metavar = "NETWORKS"): Kind<string> {
  const all = networks();
  return {
    ...all,
    metavar,
    read: (word) => numeric(word) ?? all.read(word),
    check: (value, path, owner) => {
      const word = filled(value, path, owner), refused = numeric(word);
      if (refused !== undefined) throw outOfRange(path, ` ${quote(word)}: it ${refused.reason}`);
      return all.check(word, path, owner);
    },
  };
}

/** What is done with clients of some networks. */
export interface AccessRule {
  /** Whether they are served. */
  readonly action: "allow" | "deny";
  /** Networks as on the command line: `10.0.0.0/8,192.168.0.1,@FILE`. */
  readonly networks: string;
}

/** A rule with this action. */
export function accessRule(action: AccessRule["action"]): Kind<AccessRule> {
  const { metavar, read } = networks();
  return {
    metavar,
    read: (word) => {
      const value = read(word);
      return value instanceof Refusal ? value : { action, networks: value };
    },
    write: (value) => value.networks,
    check: record<AccessRule>({ action: oneOf(["allow", "deny"]), networks: shape }),
  };
}

const filled = text({ filled: true });

const shape: Shape<string> = (value, path, owner) => {
  const word = filled(value, path, owner), read = canonical(word);
  if (typeof read === "string") return read;
  const guess = read.suggestion === undefined ? "" : `; did you mean ${quote(read.suggestion)}?`;
  throw outOfRange(path, ` ${quote(word)}: it ${badNetwork(read)}${guess}`);
};

function numeric(word: string): Refusal | undefined {
  return word.split(",").some((part) => part.startsWith("@")) ? new Refusal("takes no @FILE") : undefined;
}

function canonical(word: string): string | NetworkFault {
  const read = parseNetworks(word);
  return isNetworkFault(read) ? read : read.map(({ text }) => text).join(",");
}

function badNetwork({ word, reason }: NetworkFault): string {
  return `has a bad network: ${quote(word)} ${reason}`;
}
