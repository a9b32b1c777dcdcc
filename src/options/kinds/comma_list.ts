import { quote } from "../../log/escape.ts";
import { list, outOfRange, type Shape, text } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** Most values of a list that a program may give. */
const MOST_VALUES = 4096;

/** What is wrong with one part of a list. */
export interface WrongPart {
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
export function commaList<T extends string | object, L extends string | number = string>(
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
