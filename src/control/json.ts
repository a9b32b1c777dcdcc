/** JSON text in which counters of any size stay whole numbers, on one line. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, item) => typeof item === "bigint" ? raw(String(item)) : item);
}

/** `JSON.rawJSON` (ECMAScript 2026), which TypeScript does not know yet. */
const raw = (JSON as typeof JSON & { rawJSON(text: string): unknown }).rawJSON;
