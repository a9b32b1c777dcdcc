import assert from "node:assert/strict";
import { lines, LineTooLong } from "./lines.ts";

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
}

async function read(longest: number, ...texts: string[]): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines(chunks(...texts), longest)) all.push(line);
  return all;
}

Deno.test("lines end at LF or CR LF, wherever the chunks do", async () => {
  assert.deepEqual(await read(99, "a\nb\r\n\n", "c", "d\n", "e\r", "\nf"), ["a", "b", "", "cd", "e", "f"]);
  assert.deepEqual(await read(99), []);
  assert.deepEqual(await read(99, "", "\n", ""), [""]);
});

Deno.test("a character that is split between two chunks is put together again", async () => {
  const bytes = new TextEncoder().encode("é€😀\n");
  const single = (async function* () {
    for (const byte of bytes) yield await Promise.resolve(new Uint8Array([byte]));
  })();
  const all: string[] = [];
  for await (const line of lines(single, 99)) all.push(line);
  assert.deepEqual(all, ["é€😀"]);
});

Deno.test("a line that is too long is an error, after the lines before it", async () => {
  assert.deepEqual(await read(4, "1234\n123"), ["1234", "123"]);
  for (const texts of [["12345\n"], ["12345"], ["123", "45"], ["ok\n12", "345\n"]]) {
    await assert.rejects(read(4, ...texts), LineTooLong);
  }
  const reader = lines(chunks("ok\n12345"), 4);
  assert.equal((await reader.next()).value, "ok");
  await assert.rejects(reader.next(), LineTooLong);
});

Deno.test("where a line may be cut, only the excess is lost", async () => {
  for (const texts of [["ok\n12345678\nnext\n"], ["ok\n123", "45678", "9\nne", "xt"]]) {
    const all: string[] = [];
    for await (const line of lines(chunks(...texts), 4, "cut")) all.push(line);
    assert.deepEqual(all, ["ok", "1234", "next"]);
  }
});
