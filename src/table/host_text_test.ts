import assert from "node:assert/strict";
import { isIP } from "node:net";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { readIPv4, readIPv6 } from "./host_text.ts";

/** What the URL parser makes of an IPv6 address: it writes hexadecimal words, an embedded IPv4 part included. */
function asURL(address: string): number[] {
  const [head, tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const words = (text = "") => text === "" ? [] : text.split(":").map((word) => parseInt(word, 16));
  const front = words(head), back = words(tail);
  const all = [...front, ...Array(8 - front.length - back.length).fill(0), ...back];
  return all.flatMap((word) => [word >> 8, word & 0xff]);
}

function check(text: string): void {
  const bytes = readIPv6(text), valid = isIP(text) === 6;
  assert.equal(bytes !== undefined, valid, text);
  if (bytes !== undefined) assert.deepEqual([...bytes], asURL(text), text);
  const four = readIPv4(text);
  assert.equal(four !== undefined, isIP(text) === 4, text);
  if (four !== undefined) assert.deepEqual([...four.subarray(12)], text.split(".").map(Number), text);
}

Deno.test("an IPv6 address is read as the URL parser reads it, wherever its zeros and its IPv4 part are", () => {
  const words = fc.array(fc.constantFrom("0", "1", "00", "0db8", "FFFF", "a", "1.2.3.4", "255.255.255.255"), {
    maxLength: 9,
  });
  const text = fc.tuple(words, fc.option(words)).map(([front, back]) => {
    return back === null ? front.join(":") : `${front.join(":")}::${back.join(":")}`;
  });
  fc.assert(fc.property(fc.oneof(text, fc.ipV6()), check), parameters(5000));
});

Deno.test("a text in which something was changed is an address only if node:net says so", () => {
  const original = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom("::", "::1", "1::", "::ffff:192.0.2.1"));
  const other = fc.constantFrom("", ":", "::", ".", "0", "9", "f", "g", "G", "@", "`", "/", "-", " ", "\0", "é", "\n");
  const text = fc.tuple(original, fc.nat(45), fc.nat(2), other).map(([text, at, count, other]) => {
    return text.slice(0, at) + other + text.slice(at + count);
  });
  fc.assert(fc.property(text, check), parameters(5000));
});
