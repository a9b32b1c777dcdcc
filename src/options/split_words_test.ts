import assert from "node:assert/strict";
import { faultText } from "./fault.ts";
import { splitWords } from "./split_words.ts";

function split(...all: string[]): [[string, string][], readonly string[]] {
  const { options, words, faults } = splitWords(all);
  assert.deepEqual(faults, []);
  for (const { text, word } of [...words, ...options]) assert.ok(all[word].endsWith(text));
  return [options.map(({ key, text }) => [key, text]), words.map(({ text }) => text)];
}

function refusal(...words: string[]): string {
  const [fault, ...more] = splitWords(words).faults;
  assert.deepEqual(more, []);
  assert.equal(fault?.code, 64);
  return faultText(fault);
}

Deno.test("options and words may come in any order", () => {
  assert.deepEqual(split("80", "-f", "host", "-t", "5", "!"), [
    [["foreground", ""], ["connectTimeout", "5"]],
    ["80", "host", "!"],
  ]);
  assert.deepEqual(split("%", "-", "--", "-f", "--bind"), [[], ["%", "-", "-f", "--bind"]]);
});

Deno.test("joined options end at the first that takes a value, which gets the rest", () => {
  assert.deepEqual(split("-fpt5"), [[["foreground", ""], ["packetDump", ""], ["connectTimeout", "5"]], []]);
  assert.deepEqual(split("-ft", "5"), [[["foreground", ""], ["connectTimeout", "5"]], []]);
  assert.deepEqual(split("-bf"), [[["hostname", "f"]], []]);
});

Deno.test("a value may look like an option or be empty", () => {
  assert.deepEqual(split("-c", "-f"), [[["command", "-f"]], []]);
  assert.deepEqual(split("--command="), [[["command", ""]], []]);
  assert.deepEqual(split("-c", ""), [[["command", ""]], []]);
});

Deno.test("an option that does not fit is refused by the name that was typed", () => {
  assert.equal(refusal("--foreground=yes"), 'option --foreground takes no value: "yes"');
  assert.equal(refusal("-f", "-t"), "option -t needs a value: SEC");
  assert.equal(refusal("--connect-timeout"), "option --connect-timeout needs a value: SEC");
});

Deno.test("the nearest known option is suggested for an unknown one, if any is near", () => {
  assert.equal(refusal("--forground"), 'unknown option "--forground", did you mean --foreground?');
  assert.equal(refusal("-F"), 'unknown option "-F", did you mean -f?');
  assert.equal(refusal("-fx"), 'unknown option "-x", see balance --help');
  assert.equal(refusal("--constructor"), 'unknown option "--constructor", see balance --help');
  assert.equal(refusal("--__proto__"), 'unknown option "--__proto__", see balance --help');
});

Deno.test("endless joined options are refused as one word, but a value may be of any length", () => {
  for (const letter of ["x", "f"]) {
    assert.match(refusal("-" + letter.repeat(1024 * 1024)), /^unknown option "-[xf]+…" \(1048577 characters\), see /);
  }
  const long = "x".repeat(1024 * 1024);
  assert.deepEqual(split(`-fc${long}`), [[["foreground", ""], ["command", long]], []]);
  assert.deepEqual(split("-c", long), [[["command", long]], []]);
});

/** Options and words, where the options may have values that were left out. */
function splitBare(...all: string[]): [(string | [string, string])[], readonly string[]] {
  const { options, words, faults } = splitWords(all);
  assert.deepEqual(faults, []);
  return [options.map(({ key, bare, text }) => bare ? key : [key, text]), words.map(({ text }) => text)];
}

Deno.test("a value that may be left out is joined, or a next word that looks like a path", () => {
  for (
    const [given, options, words] of [
      [["--connection-log", "80", "a"], ["connectionLog"], ["80", "a"]],
      [["80", "a", "--connection-log"], ["connectionLog"], ["80", "a"]],
      [["--connection-log", "-f", "80"], ["connectionLog", ["foreground", ""]], ["80"]],
      [["--connection-log=x", "80", "a"], [["connectionLog", "x"]], ["80", "a"]],
      [["--connection-log=-", "80"], [["connectionLog", "-"]], ["80"]],
      [["--connection-log", "/var/log/x", "80"], [["connectionLog", "/var/log/x"]], ["80"]],
      [["--connection-log", "./x", "80"], [["connectionLog", "./x"]], ["80"]],
      [["--connection-log", "C:\\log\\x", "80"], [["connectionLog", "C:\\log\\x"]], ["80"]],
      [["80", "--connection-log", "from=10.0.0.0/8", "a"], ["connectionLog"], ["80", "from=10.0.0.0/8", "a"]],
      [["80", "--connection-log", "alpn=http/1.1", "a"], ["connectionLog"], ["80", "alpn=http/1.1", "a"]],
      [["--connection-log", "--", "/x/y"], ["connectionLog"], ["/x/y"]],
      [["80", "/x", "--connection-log", "a", "/y"], ["connectionLog"], ["80", "/x", "a", "/y"]],
      [["--connection-log", "--connection-log", "/x"], ["connectionLog", ["connectionLog", "/x"]], []],
      [["--no-connection-log", "/x"], [["connectionLog", ""]], ["/x"]],
    ] as const
  ) assert.deepEqual(splitBare(...given), [options, words], given.join(" "));
  assert.equal(refusal("--no-connection-log=x"), 'option --no-connection-log takes no value: "x"');
});
