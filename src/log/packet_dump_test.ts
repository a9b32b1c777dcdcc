import assert from "node:assert/strict";
import { dumpChunk } from "./packet_dump.ts";

function dump(direction: "sent" | "rcvd", data: string): string {
  return new TextDecoder().decode(dumpChunk(direction, new TextEncoder().encode(data)));
}

Deno.test("a chunk is a head, its bytes and an empty line (Balance manual)", () => {
  assert.equal(dump("sent", "hello \x01\\ world\n"), "-> 15\nhello \\01\\\\ world\\0A\n\n");
  assert.equal(dump("rcvd", "a\nb"), "-< 3\na\\0A\nb\n\n");
  assert.equal(dump("rcvd", "~\x7f\xff"), "-< 4\n~\\7F\\C3\\BF\n\n");
});

Deno.test("a line is broken after a run of more than 80 columns", () => {
  const columns = (count: number) => "a".repeat(count);
  assert.equal(dump("sent", columns(80)), `-> 80\n${columns(80)}\n\n`);
  assert.equal(dump("sent", columns(81)), `-> 81\n${columns(81)}\n\n`);
  assert.equal(dump("sent", columns(82)), `-> 82\n${columns(81)}\na\n\n`);
  assert.equal(dump("sent", columns(80) + "\0b"), `-> 82\n${columns(80)}\\00\nb\n\n`);
});

Deno.test("the largest chunk fits, whatever it is made of", () => {
  for (const byte of [0, 10, 0x5c, 0x61, 0xff]) {
    const bytes = new Uint8Array(1024 * 1024).fill(byte);
    const text = new TextDecoder().decode(dumpChunk("sent", bytes));
    assert.ok(text.startsWith("-> 1048576\n") && text.endsWith("\n\n"));
    const shown = text.slice(11).replaceAll("\n", "");
    assert.equal(shown.length, bytes.length * (byte === 0x61 ? 1 : byte === 0x5c ? 2 : 3));
  }
});
