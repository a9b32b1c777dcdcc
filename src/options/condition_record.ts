import type { Kind } from "./kinds/kind.ts";

/** Everything about one condition of a group. The key of a record is the condition's name in the library. */
export interface ConditionRecord {
  /** What it is called in words: `NAME=VALUE`, before the first channel of the group. */
  readonly name: string;
  /** How values are read, written and checked. */
  readonly kind: Kind<unknown, unknown>;
  /** One line for the help. */
  readonly summary: string;
  /** What else there is to say, in sentences, for the man page and the help on groups. */
  readonly more?: string;
}
