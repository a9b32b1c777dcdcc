import { escapeJson } from "../log/escape.ts";

/** JSON text in which counters of any size stay whole numbers, on one line and without characters that could steer a terminal. */
export function toJson(value: unknown): string {
  return escapeJson(textOf(value));
}

/** The items of a list, each of which is JSON text already. */
export class JsonList {
  readonly items: readonly string[];

  constructor(items: readonly string[]) {
    this.items = items;
  }
}

/** The same as `toJson` for an object of which some members are lists of text: only the others take time. */
export function objectJson(members: object): string {
  const texts = Object.entries(members).map(([name, value]) => {
    return `${JSON.stringify(name)}:${value instanceof JsonList ? `[${value.items.join(",")}]` : toJson(value)}`;
  });
  return `{${texts.join(",")}}`;
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // A BigInt. Not at once, since a function that is called for each value takes several times as long.
    return JSON.stringify(value, (_, item) => typeof item === "bigint" ? raw(String(item)) : item);
  }
}

/** `JSON.rawJSON` (ECMAScript 2026), which TypeScript does not know yet. */
const raw = (JSON as typeof JSON & { rawJSON(text: string): unknown }).rawJSON;
