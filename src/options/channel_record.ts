import type { Kind } from "./kinds/kind.ts";

/** Everything about one option of a channel. The key of a record is the option's name in the library. */
export interface ChannelOptionRecord {
  /** What it is called in a channel's word: `host:80,NAME=VALUE`, or `host:80,NAME` if it takes no value. */
  readonly name: string;
  /** How values are read, written and checked. No written value has a comma. */
  readonly kind: Kind<unknown>;
  /** Value when it is not given. */
  readonly standard?: string | number | boolean;
  /** What people call the standard value. Default: the value itself, or `none` without one. */
  readonly standardText?: string;
  /** Whether it is written in the third place, `host:80:VALUE`, as in Balance. */
  readonly positional?: boolean;
  /** Whether it is about the word, which may stand for several channels: none of these has it. */
  readonly ofWord?: boolean;
  /** One line for the help. */
  readonly summary: string;
  /** What else there is to say, in sentences, for the man page and the help on channels. */
  readonly more?: string;
}
