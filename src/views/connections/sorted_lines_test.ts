import assert from "node:assert/strict";
import fc from "fast-check";
import { SortedLines } from "./sorted_lines.ts";

async function text(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let all = "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const chunk of chunks) all += decoder.decode(chunk);
  return all;
}

Deno.test("lines come back in the order of their keys, those of the same key as they were added", async () => {
  const line = fc.record({ key: fc.oneof(fc.nat(3), fc.nat(2 ** 32 - 1)), text: fc.string({ maxLength: 20 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 60 }), async (all) => {
      const lines = new SortedLines();
      for (const { key, text } of all) lines.add(text, key);
      const wanted = all.toSorted((one, other) => one.key - other.key).map(({ text }) => `${text}\n`).join("");
      assert.equal(await text(lines.take()), new TextDecoder().decode(new TextEncoder().encode(wanted)));
      assert.equal(lines.count, all.length);
    }),
  );
});

Deno.test("more lines than are sorted at a time are merged", async () => {
  const lines = new SortedLines(), count = 150_000;
  for (let i = 0; i < count; i++) lines.add(String(i * 7919 % count), i * 7919 % count);
  const wanted = Array.from({ length: count }, (_, i) => `${i}\n`).join("");
  assert.equal(await text(lines.take()), wanted);
});

Deno.test("the largest and the smallest key are told apart from their neighbours", async () => {
  const lines = new SortedLines();
  for (const key of [2 ** 32 - 1, 2 ** 32 - 2, 0, 1]) lines.add(String(key), key);
  assert.equal(await text(lines.take()), `0\n1\n${2 ** 32 - 2}\n${2 ** 32 - 1}\n`);
});

Deno.test("what stands before, between and behind lines is there with any number of them", async () => {
  for (const count of [0, 1, 2]) {
    const lines = new SortedLines();
    for (let i = 0; i < count; i++) lines.add(`${i}`, i);
    const all = await text(lines.take({ before: "[", between: ",", after: "]" }));
    assert.equal(all, ["[\n]\n", "[\n0\n]\n", "[\n0,\n1\n]\n"][count]);
  }
});

Deno.test("a line that is too long for its place is cut, and spoils no other", async () => {
  const lines = new SortedLines();
  lines.add("é".repeat(10_000), 1);
  lines.add("short", 0);
  assert.match(await text(lines.take()), /^short\né{4096}\n$/);
});
