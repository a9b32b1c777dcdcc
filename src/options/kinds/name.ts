import { text } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** A user or group of the system, by name or number. */
export function account(names: "user" | "group"): Kind<string> {
  return {
    metavar: "NAME",
    read: (word) => /^[\w][\w.@-]*\$?$/.test(word) ? word : new Refusal("takes a name or number"),
    write: (value) => value,
    check: text({ filled: true }),
    names,
  };
}

/** Characters of the longest name of a service. */
const LONGEST_NAME = 64;

/** What the control command `show` takes besides the name of a service. */
export const RESERVED_NAMES: readonly string[] = ["json", "config"];

/** What a service is called. A number would look like a port. */
export function serviceName(): Kind<string> {
  return {
    metavar: "NAME",
    read: (word) => {
      if (RESERVED_NAMES.includes(word)) {
        return new Refusal(
          `takes any name except ${RESERVED_NAMES.join(" and ")}, which are words of the command show`,
        );
      }
      if (word.length <= LONGEST_NAME && /^[A-Za-z_][\w.-]*$/.test(word)) return word;
      return new Refusal(`takes a name of letters, digits, "_", "." and "-" that begins with a letter`);
    },
    write: (value) => value,
    check: text({ filled: true }),
  };
}

/** Any text, such as a command. */
export function anything(metavar: string): Kind<string> {
  return { metavar, read: (word) => word, write: (value) => value, check: text() };
}
