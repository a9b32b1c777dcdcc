import assert from "node:assert/strict";
import { faultLines } from "./source_fault.ts";

/** What is shown for a piece of a line, the third of its file. */
function shown(line: string, start: number, end: number): string[] {
  return faultLines({
    source: { path: "x.conf", lines: ["", "", line] },
    line: 2,
    start,
    end,
    message: "no",
    code: 64,
  });
}

Deno.test("a fault is shown with its place, its line and a mark", () =>
  assert.deepEqual(shown("balance 80 web", 8, 10), ["x.conf:3:9: no", "  balance 80 web", "          ^^"]));

Deno.test("tabs count as one character and keep the mark in its place", () =>
  assert.deepEqual(shown("\tx\ty", 3, 4), ["x.conf:3:4: no", "  \tx\ty", "  \t \t^"]));

Deno.test("columns are characters, and the mark allows for wide ones, combining ones and escapes", () => {
  assert.deepEqual(shown("\u{1f600}\u6f22e\u0301 \x1b x", 8, 9), [
    "x.conf:3:8: no",
    "  \u{1f600}\u6f22e\u0301 \\x1b x",
    "             ^",
  ]);
});

Deno.test("a fault at the end of a line is marked behind it", () =>
  assert.deepEqual(shown("80 -t", 5, 5), ["x.conf:3:6: no", "  80 -t", "       ^"]));

Deno.test("a long line is shortened around the mark", () => {
  const [place, line, mark] = shown("a".repeat(1000) + "bbb" + "c".repeat(1000), 1000, 1003);
  assert.equal(place, "x.conf:3:1001: no");
  assert.equal(line, `  …${"a".repeat(40)}bbb${"c".repeat(57)}…`);
  assert.equal(mark, `${" ".repeat(43)}^^^`);
});
