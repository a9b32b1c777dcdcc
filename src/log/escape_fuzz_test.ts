import assert from "node:assert/strict";
import fc from "fast-check";
import { foreignText, isHarmless } from "../../tests/fuzz/foreign_text.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { escape, quote } from "./escape.ts";

Deno.test("escaped text cannot steer a terminal, and escaping it again changes nothing", () => {
  fc.assert(
    fc.property(foreignText(200), (text) => {
      const escaped = escape(text);
      assert.ok(isHarmless(escaped), JSON.stringify(escaped));
      assert.equal(escape(escaped), escaped);
    }),
    parameters(3000),
  );
});

Deno.test("no Unicode character that steers or hides gets through", () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    if (!isHarmless(character)) assert.ok(isHarmless(escape(character)), `U+${code.toString(16)}`);
  }
});

Deno.test("harmless text is left as it is", () => {
  fc.assert(
    fc.property(foreignText(200), (text) => assert.ok(!isHarmless(text) || escape(text) === text)),
    parameters(2000),
  );
});

Deno.test("a quoted word is one short line that cannot end its own quotes", () => {
  const text = fc.oneof(foreignText(), fc.string({ unit: "binary", minLength: 70, maxLength: 2000 }));
  fc.assert(
    fc.property(text, (word) => {
      const quoted = quote(word);
      assert.ok(isHarmless(quoted), JSON.stringify(quoted));
      assert.ok(quoted.length < 1100);
      assert.match(quoted, /^"(?:[^"]|\\")*"(?: \(\d+ characters\))?$/);
    }),
    parameters(2000),
  );
});
