import assert from "node:assert/strict";
import fc from "fast-check";
import { foreignText } from "../../tests/fuzz/foreign_text.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { quoteWord } from "./quote_word.ts";
import { readEntries } from "./shell_words.ts";

/** The words of each line with those that continue it. */
function words(text: string): string[][] {
  const { entries, faults } = readEntries(text.split("\n"));
  assert.deepEqual(faults, []);
  return entries.map((entry) => entry.words.map(({ text }) => text));
}

Deno.test("words that are quoted are read back as they were", () => {
  const word = foreignText().map((text) => text.replaceAll(/[\n\r]/g, ""));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (all) => {
      assert.deepEqual(words(all.map(quoteWord).join(" ")), [all]);
    }),
    parameters(500),
  );
});

Deno.test("any text is read, and what is wrong lies inside its line", () => {
  const nasty = fc.array(
    fc.oneof(fc.constantFrom(..."'\"\\$`#!;|& \t\n".split(""), "\\\n", "\n ", "a"), foreignText(4)),
    { maxLength: 60 },
  ).map((parts) => parts.join(""));
  fc.assert(
    fc.property(nasty, (text) => {
      const lines = text.split("\n"), { entries, faults } = readEntries(lines, new Set(["a"]));
      for (const { line, start, end } of [...entries.flatMap(({ words }) => words), ...faults]) {
        assert.ok(start >= 0 && start <= end && end <= lines[line].length, `${line}:${start}-${end}`);
      }
      let last = -1;
      for (const entry of entries) {
        assert.ok(entry.first > last && entry.last >= entry.first && entry.last < lines.length);
        last = entry.last;
      }
    }),
    parameters(1000),
  );
});
