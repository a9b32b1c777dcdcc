import { optionList } from "./option_records.ts";

/**
 * The values that hold once others have been asked for: all that can change are the new ones, the rest stays until a
 * restart. What stays although another value was asked for is there even if it is the default, so that it is shown.
 *
 * @param before those that held so far
 */
export function valuesInForce<T extends object>(before: T, asked: T): T {
  const now = { ...asked } as Record<string, unknown>, old = before as Readonly<Record<string, unknown>>;
  for (const [key, { changeable, standard }] of optionList) {
    const held = old[key] ?? standard;
    if (changeable || held === (now[key] ?? standard)) continue;
    if (held === undefined) delete now[key];
    else now[key] = held;
  }
  return now as T;
}
