import { quote } from "../../log/escape.ts";
import { logLetters, logParts } from "../log_letters.ts";
import { nearest } from "../nearest.ts";
import { outOfRange, type Shape, text } from "../shape.ts";
import { type Kind, Refusal } from "./kind.ts";

/** Forms with a name. */
const WORDS = ["text", "json", "ecs"];

/** Form of lines about connections: `text`, `json`, `ecs`, or a format with letters behind `%`. */
export function logForm(): Kind<string> {
  return {
    metavar: "FORM",
    read: (word) => refusal(word) ?? word,
    write: (value) => value,
    check: shape,
    words: WORDS,
  };
}

const filled = text({ filled: true });

const shape: Shape<string> = (value, path, owner) => {
  const word = filled(value, path, owner), refused = refusal(word);
  if (refused === undefined) return word;
  throw outOfRange(path, ` ${quote(word)}: it ${refused.reason}`);
};

function refusal(word: string): Refusal | undefined {
  if (WORDS.includes(word)) return undefined;
  if (!word.includes("%")) return new Refusal("takes text, json, ecs or a format such as %ci:%cp %b/%s %end");
  if (/\p{Cc}/u.test(word)) return new Refusal("must be one line of text without control characters");
  const parts = logParts(word);
  if (typeof parts !== "string") return undefined;
  const guess = nearest(parts, Object.keys(logLetters).map((letters) => `%${letters}`));
  return new Refusal(`has no ${quote(parts)}`, true, guess);
}
