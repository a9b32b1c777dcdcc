import { quote } from "../../log/escape.ts";
import type { Shape } from "../shape.ts";

/**
 * A kind of value: how it is read from a word, written as one, and checked when a program gives it.
 *
 * @typeParam T the value
 * @typeParam L what the library takes for it
 */
export interface Kind<T, L = T> {
  /** What the value is called in the help; an option without it takes none. */
  readonly metavar?: string;
  /** Reads the word behind the option, which is empty for an option without a value. */
  read(word: string): T | Refusal;
  /** The word that is read as this value. */
  write(value: T): string;
  /** The value of its negative form, `--no-NAME`; undefined if it has none. */
  readonly off?: T;
  /**
   * The value of the option without a word, where the word may be left out: it is joined, as in `--NAME=WORD`, or stands
   * behind the option if it looks like a path (`isPath`).
   */
  readonly bare?: T;
  /** Checks what an embedding program gives. */
  readonly check: Shape<T>;
  /** All words that can be given, or some of them when there are others too. */
  readonly words?: readonly string[];
  /** What the words name, so that a shell can complete them. */
  readonly names?: "file" | "directory" | "user" | "group" | "address";
  /** @internal Carries the type. */
  readonly library?: L;
}

/** Why a word cannot be read, as the middle of `option --x … : "word"`. */
export class Refusal {
  readonly reason: string;
  /** Whether the message shows the word; it would only show that it is empty otherwise. */
  readonly shown: boolean;
  /** What was probably meant, if that is known. */
  readonly suggestion: string | undefined;

  constructor(reason: string, shown = true, suggestion?: string) {
    this.reason = reason;
    this.shown = shown;
    this.suggestion = suggestion;
  }

  /** The message about a word. @param label what it was given for, such as `option --x` */
  about(label: string, word: string): string {
    return `${label} ${this.reason}` + (this.shown ? `: ${quote(word)}` : "");
  }
}
