import { escapeJson } from "../log/escape.ts";

/** JSON text in which counters of any size stay whole numbers, on one line and without characters that could steer a terminal. */
export function toJson(value: unknown): string {
  return escapeJson(JSON.stringify(value, (_, item) => typeof item === "bigint" ? raw(String(item)) : item));
}

/** `JSON.rawJSON` (ECMAScript 2026), which TypeScript does not know yet. */
const raw = (JSON as typeof JSON & { rawJSON(text: string): unknown }).rawJSON;
