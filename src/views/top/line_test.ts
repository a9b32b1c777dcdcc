import assert from "node:assert/strict";
import { line, painted, span } from "./line.ts";
import { added, sparkline } from "./sparkline.ts";
import { speaksUnicode } from "./terminal.ts";

Deno.test("a line is cut at the last column, and its rest is emptied where there is one", () => {
  const text = line("abc", span("def", "bad"));
  assert.equal(painted(text, 10, true), "abc\x1b[31mdef\x1b[39m\x1b[K");
  assert.equal(painted(text, 10, false), "abcdef\x1b[K");
  assert.equal(painted(text, 6, false), "abcdef");
  assert.equal(painted(text, 4, true), "abc\x1b[31md\x1b[39m");
  assert.equal(painted({ ...text, chosen: true }, 8, false), "\x1b[7mabcdef  \x1b[27m");
  assert.equal(painted(line(span("b", "bold")), 2, false), "\x1b[1mb\x1b[22m\x1b[K");
});

Deno.test("bars are as high as the most, and there are as many as there is room", () => {
  assert.equal(sparkline([0, 1, 4, 8], 4, true), " ▁▄█");
  assert.equal(sparkline([0, 1, 4, 8], 4, false), " .=@");
  assert.equal(sparkline([1, 1, 2, 2, 4], 3, true), "▁▄█");
  assert.deepEqual(added([1, 1, 2, 2, 4], 3), [1, 3, 6]);
  assert.equal(sparkline([0, 0], 2, true), "  ");
  assert.equal(sparkline([], 2, true), "");
});

Deno.test("the locale says whether there are other characters than ASCII", () => {
  const env = (all: Record<string, string>) => speaksUnicode((name) => all[name], "linux");
  assert.equal(env({ LANG: "de_DE.UTF-8" }), true);
  assert.equal(env({ LANG: "C.utf8", LC_ALL: "C" }), false);
  assert.equal(env({ LANG: "C", LC_CTYPE: "en_US.UTF-8" }), true);
  assert.equal(env({}), false);
  assert.equal(env({ LANG: "C.UTF-8", TERM: "linux" }), false);
  assert.equal(speaksUnicode(() => undefined, "windows"), true);
});
