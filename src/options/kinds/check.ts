import { CHECK_WORDS, readCheck, readExpected, WrongCheck } from "../check_words.ts";
import type { Kind } from "./kind.ts";
import { checkedText } from "./text.ts";

/** How it is found out whether a channel is alive: a word that `readCheck` reads. */
export function check(): Kind<string> {
  return {
    ...checked("KIND", readCheck),
    words: [...CHECK_WORDS.map((word) => word.replace(/[A-Z]+$/, "")), "send:", "expect:"],
  };
}

/** What the answer to an HTTP check must be: a word that `readExpected` reads. */
export function expected(): Kind<string> {
  return checked("CODES|body:TEXT", readExpected);
}

function checked(metavar: string, read: (word: string) => unknown): Kind<string> {
  return checkedText(metavar, (word) => {
    try {
      read(word);
    } catch (error) {
      if (error instanceof WrongCheck) return error.message;
      throw error;
    }
  });
}
