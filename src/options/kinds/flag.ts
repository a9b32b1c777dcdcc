import { flag as shape } from "../shape.ts";
import type { Kind } from "./kind.ts";

/** On when the option is there, off when its negative form is. */
export function flag(): Kind<boolean> {
  return { read: () => true, write: () => "", off: false, check: shape() };
}
