import assert from "node:assert/strict";
import { escape, quote } from "./escape.ts";

Deno.test("anything that could steer a terminal, forge a line or reverse text is escaped", () => {
  for (
    const [text, shown] of [
      ["plain text, Grüße, 日本語, 😀", "plain text, Grüße, 日本語, 😀"],
      ["\x1b[31mred", String.raw`\x1b[31mred`],
      ["a\nb\r\tc\0", String.raw`a\x0ab\x0d\x09c\x00`],
      ["\x7f\x80\x9b", String.raw`\x7f\x80\x9b`],
      ["\u202e\u200f\u2066", String.raw`\u202e\u200f\u2066`],
      ["\u2028\u2029\ufeff\u200b", String.raw`\u2028\u2029\ufeff\u200b`],
      ["\ud800", String.raw`\ud800`],
      ["\u{e0041}", String.raw`\u{e0041}`],
    ]
  ) assert.equal(escape(text), shown);
});

Deno.test("a word is shown in quotes, and cut if it is too long", () => {
  assert.equal(quote("word"), '"word"');
  assert.equal(quote(""), '""');
  assert.equal(quote('say "it"'), String.raw`"say \"it\""`);
  assert.equal(quote("x".repeat(80)), `"${"x".repeat(80)}"`);
  assert.equal(quote("x".repeat(1_000_000)), `"${"x".repeat(80)}…" (1000000 characters)`);
  assert.equal(quote("\n".repeat(100)), `"${String.raw`\x0a`.repeat(80)}…" (100 characters)`);
});
