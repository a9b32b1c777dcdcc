import assert from "node:assert/strict";
import fc from "fast-check";
import { foreignText, isHarmless } from "../../tests/fuzz/foreign_text.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { faultLines } from "./source_fault.ts";

/** What is shown for a piece of a line. */
function shown(line: string, start: number, end: number): string[] {
  return faultLines({ source: { path: "x.conf", lines: [line] }, line: 0, start, end, message: "no", code: 64 });
}

Deno.test("whatever a line contains, nothing shown steers a terminal", () => {
  fc.assert(
    fc.property(foreignText(400), fc.nat(400), fc.nat(400), (text, a, b) => {
      const line = text.replaceAll("\n", ""),
        [start, end] = [a, b].map((n) => Math.min(n, line.length)).sort((x, y) => x - y);
      for (const text of shown(line, start, end)) assert.ok(isHarmless(text.replaceAll("\t", "")), text);
    }),
    parameters(300),
  );
});
