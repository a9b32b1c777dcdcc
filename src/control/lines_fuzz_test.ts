import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { lines, LineTooLong } from "./lines.ts";

/** Lines, and whether the stream then broke off because one was too long. */
async function read(chunks: Iterable<Uint8Array>, longest: number): Promise<{ all: string[]; tooLong: boolean }> {
  const all: string[] = [];
  try {
    for await (const line of lines(stream(chunks), longest)) all.push(line);
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    return { all, tooLong: true };
  }
  return { all, tooLong: false };
}

async function* stream(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (const size of sizes) yield bytes.subarray(at, at += size);
  yield bytes.subarray(at);
}

/** Bytes in which ends of lines, carriage returns and characters of several bytes are frequent. */
const bytes = fc.array(
  fc.oneof(
    fc.constantFrom([10], [10, 10], [13, 10], [13], [0], [0xef, 0xbb, 0xbf], [0xc3, 0xa4], [0xf0, 0x9f, 0x98, 0x80], [
      0xff,
    ]),
    fc.array(fc.nat(255), { maxLength: 12 }),
  ),
  { maxLength: 40 },
).map((parts) => Uint8Array.from(parts.flat()));

Deno.test("lines do not depend on how the bytes arrive", async () => {
  await fc.assert(
    fc.asyncProperty(bytes, fc.array(fc.nat(9)), fc.integer({ min: 1, max: 40 }), async (bytes, sizes, longest) => {
      const whole = await read([bytes], longest);
      assert.deepEqual(await read(cut(bytes, sizes), longest), whole);
      assert.deepEqual(await read(cut(bytes, Array(bytes.length).fill(1)), longest), whole);
    }),
    parameters(1500),
  );
});

Deno.test("lines are the text between line feeds, as long as each fits", async () => {
  const line = fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !/[\r\n\ufeff]/.test(text));
  const ending = fc.constantFrom("\n", "\r\n");
  await fc.assert(
    fc.asyncProperty(fc.array(line), ending, async (texts, ending) => {
      const bytes = new TextEncoder().encode(texts.map((text) => text + ending).join(""));
      assert.deepEqual(await read([bytes], 1000), { all: texts, tooLong: false });
    }),
    parameters(500),
  );
});

Deno.test("an endless line is given up no more than one chunk beyond the longest line", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 9000 }), async (longest, size) => {
      let pulled = 0;
      function* endless(): Generator<Uint8Array> {
        for (;;) {
          pulled += size;
          yield new Uint8Array(size).fill(0x61);
        }
      }
      assert.deepEqual(await read(endless(), longest), { all: [], tooLong: true });
      assert.ok(pulled <= longest + size, `${pulled} bytes were read, ${longest} are allowed`);
    }),
    parameters(200),
  );
});
