import { flag as shape } from "../shape.ts";
import type { Kind } from "./kind.ts";

/** On when the option is there. */
export function flag(): Kind<boolean> {
  return { read: () => true, write: () => "", check: shape() };
}
