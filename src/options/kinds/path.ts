import { text } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** The path of a file or a directory, as it was given. */
export function path(metavar: "FILE" | "DIR"): Kind<string> {
  return {
    metavar,
    read: (word) => word === "" ? new Refusal(`needs a value: ${metavar}`, false) : word,
    write: (value) => value,
    check: text({ filled: true }),
    names: metavar === "FILE" ? "file" : "directory",
  };
}
