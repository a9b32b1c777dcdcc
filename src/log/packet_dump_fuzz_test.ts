import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { dumpChunk } from "./packet_dump.ts";

/** Reads a dump back, using only its description in the Balance manual. */
function undump(dump: string): { direction: string; length: number; bytes: number[] } {
  const match = /^(->|-<) (\d+)\n(.*)\n$/s.exec(dump);
  assert.ok(match, JSON.stringify(dump));
  const bytes: number[] = [];
  for (const [, pair, plain] of match[3].replaceAll("\n", "").matchAll(/\\(\\|[0-9A-F]{2})|(.)/gs)) {
    bytes.push(pair === undefined ? plain.charCodeAt(0) : pair === "\\" ? 0x5c : parseInt(pair, 16));
  }
  return { direction: match[1], length: Number(match[2]), bytes };
}

Deno.test("a dump can be read back into the bytes it shows", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.array(fc.constantFrom(0x0a, 0x0d, 0x5c, 0x20, 0x41, 0x7e, 0x7f, 0xff), { maxLength: 300 }).map((all) =>
      Uint8Array.from(all)
    ),
  );
  fc.assert(
    fc.property(fc.constantFrom("sent" as const, "rcvd" as const), bytes, (direction, bytes) => {
      const dump = new TextDecoder().decode(dumpChunk(direction, bytes));
      assert.match(dump, /^[\x20-\x7e\n]*$/);
      for (const line of dump.split("\n")) assert.ok(line.length <= 83, line);
      assert.deepEqual(undump(dump), {
        direction: direction === "sent" ? "->" : "-<",
        length: bytes.length,
        bytes: [...bytes],
      });
    }),
    parameters(2000),
  );
});
