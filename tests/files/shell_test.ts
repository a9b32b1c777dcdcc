/** Words of files beside those of a real shell. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { quoteWord } from "../../src/options/quote_word.ts";
import { readEntries } from "../../src/options/shell_words.ts";
import { parameters } from "../fuzz/parameters.ts";
import { installed, posix, testWith } from "../support/requirements.ts";

/** The words that a shell takes from each text, which may have several lines. */
function shellWords(texts: readonly string[]): string[][] {
  const script = texts.map((text) => `set -- ${text}\nprintf '%s\\0' "$@" '\x01'\n`).join("");
  const { stdout, success } = new Deno.Command("sh", { args: ["-c", script] }).outputSync();
  assert.ok(success);
  const all: string[][] = [[]];
  for (const word of new TextDecoder().decode(stdout).split("\0").slice(0, -1)) {
    if (word === "\x01") all.push([]);
    else all.at(-1)!.push(word);
  }
  return all.slice(0, -1);
}

/** The words that are read from a text of one entry. */
function ownWords(text: string): string[] {
  const { entries, faults } = readEntries(`x ${text}`.split("\n"));
  assert.deepEqual(faults, []);
  return entries[0].words.slice(1).map(({ text }) => text);
}

testWith([posix, installed("sh")], "quotes, escapes, comments and joined lines mean what they mean to a shell", () => {
  const piece = fc.constantFrom(
    ..."a|b=c|'b c'|\"d 'e'\"|\"\\\"\\\\\\`\\$\\a\"|\\ |\\'|\\\"|\\\\|\\$|\\;|\\\n|\"f\\\ng\"|i#|''|\"\"|!|%|\t| | |\u00e9|'#'|'$`\\'"
      .split("|"),
  );
  const text = fc.array(piece, { maxLength: 14 }).map((pieces) => `${pieces.join("")} end`);
  const line = fc.tuple(text, fc.constantFrom("", " # c 'd", " #")).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.array(line, { minLength: 50, maxLength: 50 }), (texts) => {
      assert.deepEqual(texts.map(ownWords), shellWords(texts));
    }),
    parameters(20),
  );
});

testWith([posix, installed("sh")], "words that are quoted are what a shell takes them for", () => {
  const word = fc.string({ unit: "grapheme-ascii" }).map((text) => text.replaceAll(/[\0\x01]/g, ""));
  fc.assert(
    fc.property(fc.array(fc.array(word, { maxLength: 5 }), { minLength: 20 }), (lists) => {
      const texts = lists.map((words) => words.map(quoteWord).join(" "));
      assert.deepEqual(shellWords(texts), lists);
    }),
    parameters(20),
  );
});
