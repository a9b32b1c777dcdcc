import assert from "node:assert/strict";
import { readEntries } from "./shell_words.ts";

/** The words of each line with those that continue it. */
function words(text: string): string[][] {
  const { entries, faults } = readEntries(text.split("\n"));
  assert.deepEqual(faults, []);
  return entries.map((entry) => entry.words.map(({ text }) => text));
}

/** Place and beginning of what is wrong. */
function faults(text: string): string[] {
  return readEntries(text.split("\n"), new Set(["balance"])).faults
    .map(({ line, start, end, message }) => `${line}:${start}-${end} ${message.slice(0, 24)}`);
}

const cases: readonly (readonly [text: string, words: string[][]])[] = [
  ["", []],
  ["a b\tc", [["a", "b", "c"]]],
  ["a\nb", [["a"], ["b"]]],
  ["a \n  b\n\tc\nd", [["a", "b", "c"], ["d"]]],
  ["a b\\\nc d \\\n  e", [["a", "bc", "d", "e"]]],
  ["a\\\n\nb", [["a"], ["b"]]],
  ["# x\na # b\n# y\n  c#d '#e' \\#f", [["a", "c#d", "#e", "#f"]]],
  [`'a "b" \\' "c 'd' \\e" f\\ g''`, [[`a "b" \\`, "c 'd' \\e", "f g"]]],
  [`"\\$\\\`\\"\\\\" '$\`' \\$ a'b'"c"d`, [['$`"\\', "$`", "$", "abcd"]]],
  [`"a\\\nb" ""`, [["ab", ""]]],
  ["! % * ? ~ [::1]:80 {a,b} = ^", [["!", "%", "*", "?", "~", "[::1]:80", "{a,b}", "=", "^"]]],
  ["a\\\u{1f600}b", [["a\u{1f600}b"]]],
];
for (const [text, expected] of cases) {
  Deno.test(`${JSON.stringify(text)} is read as a shell reads it`, () => assert.deepEqual(words(text), expected));
}

const wrong: readonly (readonly [text: string, faults: string[]])[] = [
  ["a $b `c", ['0:2-3 "$" outside single quote']],
  ['a "b $c"', ['0:5-6 "$" outside single quote']],
  ["a `b", ["0:2-3 a backquote outside sing"]],
  ["a 'b\nc\"d", ["0:2-4 this quote is not closed", "1:1-3 this quote is not closed"]],
  ["a|b\nc&d\ne;f\ng>h", [0, 1, 2, 3].map((line) => `${line}:1-2 "${"|&;>"[line]}" has no meaning here;`)],
  ["a\\", ["0:1-2 no line follows the back"]],
  ["a \\  \n  b", ["0:2-5 white space follows the "]],
  [" a\n  b", ["0:1-2 a line that begins with "]],
  ["a\n\n  b", ["2:2-3 a line that begins with "]],
  ["a\n  balance b", ['1:2-9 "balance" must start a l']],
  ["a \\\nbalance b", ['1:0-7 "balance" must start a l']],
  ["a\u00a0b", ["0:1-2 an unusual space (U+00A0"]],
  ["a\rb", ["0:1-2 a control character (U+0"]],
  ["a $ \\\n b\nc", ['0:2-3 "$" outside single quote']],
];
for (const [text, expected] of wrong) {
  Deno.test(`${JSON.stringify(text)} is refused at its place`, () => assert.deepEqual(faults(text), expected));
}

Deno.test("a quoted word may be one that begins a line elsewhere", () =>
  assert.deepEqual(faults("a\n  'balance' b balance"), []));

Deno.test("a word is known by its place, comments by their entry", () => {
  const [entry] = readEntries(["a 'b' # one", "# two", "  c\\", "d # three", "# four"]).entries;
  assert.deepEqual(entry.words.map(({ text, line, start, end }) => [text, line, start, end]), [
    ["a", 0, 0, 1],
    ["b", 0, 2, 5],
    ["cd", 2, 2, 4],
  ]);
  assert.deepEqual([entry.first, entry.last, entry.comments], [0, 3, ["# one", "# two", "# three"]]);
});
