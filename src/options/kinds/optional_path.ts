import { quote } from "../../log/escape.ts";
import { outOfRange, type Shape } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** The path of a file, which may be left out: true without it, false if the option is switched off. */
export function optionalPath(): Kind<string | boolean> {
  return {
    metavar: "[FILE]",
    read: (word) => word === "" ? new Refusal("needs a file behind =", false) : word,
    write: (value) => typeof value === "string" ? value : "",
    off: false,
    bare: true,
    check: shape,
    names: "file",
  };
}

const shape: Shape<string | boolean> = (value, path) => {
  if (typeof value === "boolean" || typeof value === "string" && value !== "") return value;
  throw outOfRange(path, ` ${quote(String(value))}: it must be true, false or the path of a file`);
};

/**
 * Whether a word behind an option whose value may be left out is that value: it has a slash, and is not a condition of a
 * group, such as `from=10.0.0.0/8`, or a channel with options.
 */
export function isPath(word: string): boolean {
  return /^[^=,]*[/\\]/.test(word);
}
