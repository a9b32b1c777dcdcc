import { quote } from "../log/escape.ts";
import { nearest } from "./nearest.ts";

/**
 * What a value from the embedding program must look like. Checks the value and returns it. Records and lists are
 * copied, so that what was checked is what is used.
 *
 * @param path how errors name the value, such as `groups[0].channels[1].port`; empty for the options as a whole
 * @param owner the object it is a property of
 * @throws {TypeError} when it is of the wrong kind
 * @throws {RangeError} when it is of the right kind but not allowed
 */
export type Shape<T> = (value: unknown, path: string, owner?: object) => T;

/** A value that may be left out. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, path, owner) => value === undefined ? undefined : shape(value, path, owner);
}

/** An object with these properties and, unless it is `open`, no others. */
export function record<T extends object>(
  fields: { readonly [Name in keyof T]-?: Shape<T[Name]> },
  { open = false } = {},
): Shape<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value, path) => {
    if (typeof value !== "object" || value === null || isArray(value, path)) throw wrongKind(path, value, "an object");
    const object = value as T;
    if (!open) {
      const stranger = reading(path, () => Object.keys(object)).find((key) => !Object.hasOwn(fields, key));
      if (stranger !== undefined) throw unknownOption(path, stranger, names);
    }
    const checked = names.map((name) => {
      const place = member(path, name);
      return [name, fields[name](reading(place, () => object[name]), place, object)];
    });
    return Object.fromEntries(checked);
  };
}

/** An array of at most `most` items. */
export function list<T>(item: Shape<T>, most: number): Shape<readonly T[]> {
  return (value, path) => {
    if (!isArray(value, path)) throw wrongKind(path, value, "an array");
    const length = reading(path, () => value.length);
    if (length > most) throw outOfRange(path, `: it has ${length} items, at most ${most} are allowed`);
    return Array.from({ length }, (_, i) => {
      const place = `${path}[${i}]`;
      return item(reading(place, () => value[i]), place);
    });
  };
}

/** A whole number. */
export function whole(least: number, most: number): Shape<number> {
  return (value, path) => {
    const found = number(value, path);
    if (Number.isInteger(found) && found >= least && found <= most) return found;
    throw outOfRange(path, ` ${found}: it must be a whole number from ${least} to ${most}`);
  };
}

/** A time in seconds. `Number.MIN_VALUE` as the least one means more than 0. */
export function seconds(least: number, most: number): Shape<number> {
  const range = least === Number.MIN_VALUE ? `more than 0 and at most ${most}` : `${least} to ${most}`;
  return (value, path) => {
    const found = number(value, path);
    if (found >= least && found <= most) return found;
    throw outOfRange(path, ` ${found}: it must be ${range} seconds`);
  };
}

/** A string. */
export function text({ filled = false } = {}): Shape<string> {
  return (value, path) => {
    if (typeof value !== "string") throw wrongKind(path, value, "a string");
    if (filled && value === "") throw outOfRange(path, ": it is empty");
    return value;
  };
}

/** A string that nothing speaks against. @param objection what does, as a clause; undefined if nothing */
export function refined(shape: Shape<string>, objection: (value: string) => string | undefined): Shape<string> {
  return (value, path, owner) => {
    const found = shape(value, path, owner), why = objection(found);
    if (why === undefined) return found;
    throw outOfRange(path, ` ${quote(found)}: ${why}`);
  };
}

/** True or false. */
export function flag(): Shape<boolean> {
  return (value, path) => {
    if (typeof value === "boolean") return value;
    throw wrongKind(path, value, "a boolean");
  };
}

/** One of several words. */
export function oneOf<T extends string>(words: readonly T[]): Shape<T> {
  const shape = text();
  return (value, path) => {
    const found = shape(value, path), word = words.find((word) => word === found);
    if (word !== undefined) return word;
    const guess = nearest(found, words), all = words.map((word) => quote(word)).join(", ");
    throw outOfRange(
      path,
      ` ${quote(found)}: it must be one of ${all}` + (guess === undefined ? "" : `; did you mean ${quote(guess)}?`),
    );
  };
}

/** A function that is called without its object. */
export function callback<F extends (...args: never[]) => unknown>(): Shape<F> {
  return (value, path) => {
    if (typeof value === "function") return value as F;
    throw wrongKind(path, value, "a function");
  };
}

/** A function that is called as a method of the object it belongs to. */
export function method<F extends (...args: never[]) => unknown>(): Shape<F> {
  const shape = callback<F>();
  return (value, path, owner) => shape(value, path).bind(owner) as F;
}

function number(value: unknown, path: string): number {
  if (typeof value === "number") return value;
  throw wrongKind(path, value, "a number");
}

/** `Array.isArray`, which throws on a proxy that has been revoked. */
function isArray(value: unknown, path: string): value is readonly unknown[] {
  return reading(path, () => Array.isArray(value));
}

/** Reads something that may be a getter or part of a proxy. */
function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw coded(new TypeError(`Cannot read ${named(path)}: it throws an error`, { cause }), "ERR_INVALID_TYPE");
  }
}

function wrongKind(path: string, value: unknown, expected: string): TypeError {
  const found = value === undefined ? "it is missing" : `it is ${kind(value, path)}, not ${expected}`;
  return coded(new TypeError(`Cannot use ${named(path)}${literal(value)}: ${found}`), "ERR_INVALID_TYPE");
}

function unknownOption(path: string, name: string, names: readonly string[]): TypeError {
  const what = /^\w{1,40}$/.test(name) ? member(path, name) : quote(name) + (path === "" ? "" : ` in ${path}`);
  const guess = nearest(name, names);
  const message = `Cannot use ${what}: there is no such option` +
    (guess === undefined ? "" : `; did you mean ${guess}?`);
  return coded(new TypeError(message), "ERR_UNKNOWN_OPTION");
}

/** @param rest how the message goes on behind the path */
export function outOfRange(path: string, rest: string): RangeError {
  return coded(new RangeError(`Cannot use ${named(path)}${rest}`), "ERR_OUT_OF_RANGE");
}

const member = (path: string, name: string) => path === "" ? name : `${path}.${name}`;

const named = (path: string) => path === "" ? "options" : path;

function kind(value: unknown, path: string): string {
  if (value === null) return "null";
  if (typeof value === "object") return isArray(value, path) ? "an array" : "an object";
  return `a ${typeof value}`;
}

/** A value as a message shows it. An object is not shown, since that could run its code. */
function literal(value: unknown): string {
  switch (typeof value) {
    case "string":
      return ` ${quote(value)}`;
    case "number":
    case "boolean":
      return ` ${value}`;
    case "bigint":
      return BigInt.asIntN(64, value) === value ? ` ${value}n` : "";
    case "symbol":
      return ` ${quote(String(value))}`;
    default:
      return "";
  }
}

/** @param code one of the library's error codes */
function coded<E extends Error>(
  error: E,
  code: "ERR_INVALID_TYPE" | "ERR_UNKNOWN_OPTION" | "ERR_OUT_OF_RANGE",
): E {
  return Object.assign(error, { code });
}
