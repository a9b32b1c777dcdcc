import { optionList } from "./option_records.ts";

/**
 * The values that hold once others have been asked for: all that can change are the new ones, the rest stays until a
 * restart.
 *
 * @param before those that held so far
 */
export function valuesInForce<T extends object>(before: T, asked: T): T {
  const now = { ...asked } as Record<string, unknown>, old = before as Readonly<Record<string, unknown>>;
  for (const [key, { changeable }] of optionList) {
    if (changeable || old[key] === now[key]) continue;
    if (old[key] === undefined) delete now[key];
    else now[key] = old[key];
  }
  return now as T;
}
