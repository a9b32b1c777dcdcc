import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import { LineBytes } from "./line_bytes.ts";

/** What one line with this in it is. */
function written(write: (bytes: LineBytes) => void): string {
  const bytes = new LineBytes();
  bytes.room(100);
  write(bytes);
  bytes.end();
  return new TextDecoder().decode(bytes.take()[0].bytes);
}

Deno.test("integers are written as JavaScript writes them, in any base", () => {
  const number = fc.oneof(
    fc.maxSafeNat(),
    fc.nat(),
    fc.nat(2000),
    fc.constantFrom(1e9 - 1, 1e9, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1),
  );
  fc.assert(
    fc.property(number, fc.constantFrom(10, 36), (number, radix) => {
      assert.equal(written((bytes) => bytes.integer(number, radix)), number.toString(radix));
      assert.equal(written((bytes) => bytes.decimal(number)), String(number));
    }),
    parameters(2000),
  );
});

Deno.test("tenths and thousandths are written as JavaScript writes such fractions", () => {
  const number = fc.oneof(fc.nat(5000), fc.nat(), fc.nat(1e14));
  fc.assert(
    fc.property(number, (number) => {
      assert.equal(written((bytes) => bytes.tenths(number)), String(number / 10));
      assert.equal(written((bytes) => bytes.thousandths(number)), String(number / 1000));
    }),
    parameters(2000),
  );
});

Deno.test("lines come out whole, in their order and in pieces, each with the number of its lines", () => {
  const text = fc.tuple(fc.string({ unit: "grapheme", maxLength: 20 }), fc.nat(100)).map(([part, times]) =>
    part.repeat(times)
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 200 }), (lines) => {
      const bytes = new LineBytes();
      for (const line of lines) bytes.line(line);
      const { size } = bytes, pieces = bytes.take(), decoder = new TextDecoder(undefined, { ignoreBOM: true });
      assert.equal(
        pieces.map(({ bytes }) => decoder.decode(bytes)).join(""),
        lines.map((line) => `${line}\n`).join(""),
      );
      assert.equal(pieces.reduce((sum, { bytes }) => sum + bytes.length, 0), size);
      assert.equal(pieces.reduce((sum, { count }) => sum + count, 0), lines.length);
      assert.ok(pieces.every(({ bytes }) => bytes.length < 272 * 1024));
      assert.deepEqual([bytes.size, bytes.take()], [0, []]);
    }),
    parameters(30),
  );
});

Deno.test("memory is used again only when nobody needs what has been taken", () => {
  const bytes = new LineBytes(),
    text = (lines: readonly { readonly bytes: Uint8Array }[]) =>
      lines.map(({ bytes }) => new TextDecoder().decode(bytes)).join("");
  const fill = (word: string) => {
    for (let i = 0; i < 20_000; i++) bytes.line(word + i);
    return Array.from({ length: 20_000 }, (_, i) => `${word}${i}\n`).join("");
  };
  const one = fill("one"), first = bytes.take(), two = fill("two");
  bytes.reuse();
  // These had been taken; those of the second time had not.
  const three = fill("three"), second = bytes.take();
  assert.equal(text(second), two + three);
  assert.notEqual(text(first), one);
  const four = fill("four"), third = bytes.take();
  bytes.leave();
  bytes.reuse();
  fill("five");
  assert.deepEqual([text(second), text(third)], [two + three, four]);
});
