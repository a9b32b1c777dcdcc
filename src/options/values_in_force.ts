import { optionList } from "./option_records.ts";
import type { OptionRecord } from "./option_record.ts";

/** What options belong to when they change. */
export type Owner = "service" | "process";

/** Whether an option can change while its owner runs; otherwise it takes a restart. */
export function canChange({ changeable = false, scope }: OptionRecord, owner: Owner): boolean {
  // A limit of the process is its engine's, which has it from its start.
  return changeable && !(owner === "process" && scope === "both");
}

/**
 * The values that hold once others have been asked for: all that can change are the new ones, the rest stays until a
 * restart.
 *
 * @param before those that held so far
 */
export function valuesInForce<T extends object>(before: T, asked: T, owner: Owner): T {
  const now = { ...asked } as Record<string, unknown>, old = before as Readonly<Record<string, unknown>>;
  for (const [key, record] of optionList) {
    if (canChange(record, owner) || old[key] === now[key]) continue;
    if (old[key] === undefined) delete now[key];
    else now[key] = old[key];
  }
  return now as T;
}
