import assert from "node:assert/strict";
import { KeyReader } from "./keys.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("keys with and without a character are told apart", () => {
  const reader = new KeyReader();
  assert.deepEqual(reader.read(bytes("q\x1b[A\x1bOBé\x1b[5~\x1b[6~\r\x7f\x03")), [
    ...["q", "up", "down", "é", "page up", "page down", "enter", "backspace", "ctrl-c"],
  ]);
  assert.equal(reader.waits, false);
});

Deno.test("a sequence or a character may come in pieces, and Escape is a key when nothing follows", () => {
  const reader = new KeyReader();
  assert.deepEqual(reader.read(bytes("\x1b")), []);
  assert.deepEqual(reader.read(bytes("[")), []);
  assert.deepEqual(reader.read(bytes("B")), ["down"]);
  assert.deepEqual(reader.read(bytes("é").subarray(0, 1)), []);
  assert.deepEqual(reader.read(bytes("é").subarray(1)), ["é"]);
  assert.deepEqual(reader.read(bytes("\x1b")), []);
  assert.equal(reader.waits, true);
  assert.deepEqual(reader.flush(), ["escape"]);
  assert.deepEqual(reader.flush(), []);
});

Deno.test("sequences that mean no key, and control characters, type nothing", () => {
  assert.deepEqual(new KeyReader().read(bytes("\x1b[200~\x1b[1;5P\x00\x01a")), ["a"]);
});
