import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { parseHost } from "../table/address.ts";
import { formatNetwork, isNetworkFault, parseNetwork, parseNetworks } from "./network_words.ts";

const bytes = fc.oneof(
  fc.tuple(...Array(4).fill(fc.integer({ min: 0, max: 255 }))).map((parts) => parseHost(parts.join(".")).bytes),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
);

Deno.test("what a network is written as is read as the same network", () => {
  fc.assert(
    fc.property(bytes, bytes, fc.integer({ min: 0, max: 128 }), (a, b, prefix) => {
      const words = [`${formatNetwork({ first: a, last: a })}/${prefix}`, formatNetwork({ first: a, last: b })];
      for (const word of words) {
        const range = parseNetwork(word);
        if (isNetworkFault(range)) {
          if (range.suggestion !== undefined) {
            assert.ok(!isNetworkFault(parseNetwork(range.suggestion)), range.suggestion);
          }
          continue;
        }
        assert.deepEqual(parseNetwork(formatNetwork(range)), range);
      }
    }),
    parameters(200),
  );
});

Deno.test("no text makes the parser throw", () => {
  const piece = fc.constantFrom("10.0.0.0", "/", "-", "@", ",", "8", "::", "all", "%", "ffff:", "1", " ", "\n", ".");
  fc.assert(
    fc.property(fc.array(piece).map((parts) => parts.join("")), (text) => {
      const found = parseNetworks(text);
      if (!isNetworkFault(found)) assert.equal(textOf(found.map((part) => part.text).join(",")), textOf(text));
    }),
    parameters(500),
  );
});

function textOf(word: string): string {
  const parts = parseNetworks(word);
  return isNetworkFault(parts) ? JSON.stringify(parts) : parts.map(({ text }) => text).join(",");
}
