import { refined, text } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/**
 * A text that nothing speaks against.
 *
 * @param objection what does, as the middle of `option --x … : "word"`; undefined if nothing
 * @param filled whether an empty text is wrong in any case, when a program gives it
 */
export function checkedText(
  metavar: string,
  objection: (word: string) => string | undefined,
  { filled = false } = {},
): Kind<string> {
  return {
    metavar,
    read: (word) => {
      const reason = objection(word);
      return reason === undefined ? word : new Refusal(reason);
    },
    write: (value) => value,
    check: refined(text({ filled }), (word) => {
      const reason = objection(word);
      return reason === undefined ? undefined : `it ${reason}`;
    }),
  };
}
