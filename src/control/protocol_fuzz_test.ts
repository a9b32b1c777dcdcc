import assert from "node:assert/strict";
import fc from "fast-check";
import { foreignText, isHarmless } from "../../tests/fuzz/foreign_text.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { formatGreeting, formatHead, parseGreeting, parseHead } from "./protocol.ts";

/** What a parser makes of a line; a refusal must be safe to show. */
function attempt<T>(parse: (line: string) => T, line: string): T | undefined {
  try {
    return parse(line);
  } catch (error) {
    assert.ok((error as Error).constructor === Error, String(error));
    assert.ok(isHarmless((error as Error).message), JSON.stringify((error as Error).message));
    return undefined;
  }
}

const head = fc.record({
  outcome: fc.constantFrom("ok" as const, "error" as const, "bye" as const),
  lines: fc.nat(100_000),
  group: fc.nat(31),
}, { noNullPrototype: true });
const greeting = fc.record({ pid: fc.nat(), version: fc.stringMatching(/^\d\.\d\.\d(-[a-z]+\.\d)?(\+[a-z0-9]+)?$/) }, {
  noNullPrototype: true,
});

Deno.test("heads and greetings are read as they were written", () => {
  fc.assert(fc.property(head, (head) => assert.deepEqual(parseHead(formatHead(head)), head)), parameters(500));
  fc.assert(fc.property(greeting, (one) => assert.deepEqual(parseGreeting(formatGreeting(one)), one)), parameters(500));
});

Deno.test("a line is a head or a greeting only if it is written like one", () => {
  const close = fc.tuple(
    fc.constantFrom("ok", "error", "bye", "balance", "OK", ""),
    fc.oneof(fc.nat().map(String), fc.constantFrom("-1", "1e3", "٣", " 1", "1".repeat(40))),
    fc.oneof(fc.nat().map(String), foreignText(6)),
    fc.oneof(foreignText(6), fc.constantFrom("", "", "0.1.0", "0\n")),
  ).map((words) => words.filter((word) => word !== "").join(" "));
  fc.assert(
    fc.property(fc.oneof(foreignText(), close), (line) => {
      const head = attempt(parseHead, line), greeting = attempt(parseGreeting, line);
      if (head !== undefined) {
        assert.match(line, /^(ok|error|bye) \d+ \d+$/);
        assert.ok(
          Number.isSafeInteger(head.lines) && Number.isSafeInteger(head.group),
          "a number that cannot be counted",
        );
      }
      if (greeting !== undefined) {
        assert.match(line, /^balance 1 \d+ [\w.+-]+$/);
        assert.ok(isHarmless(greeting.version));
      }
    }),
    parameters(3000),
  );
});
