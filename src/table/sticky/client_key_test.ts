import assert from "node:assert/strict";
import { parseHost } from "../address.ts";
import { compareClientKeys, formatClientKey, highWord, lowWord, parseClientKey } from "./client_key.ts";

const keyOf = (host: string) => {
  const { bytes } = parseHost(host);
  return { high: highWord(bytes), low: lowWord(bytes) };
};

Deno.test("clients have the same key if they have the same IPv4 address, in either notation", () => {
  assert.deepEqual(keyOf("192.0.2.1"), keyOf("::ffff:192.0.2.1"));
  assert.notDeepEqual(keyOf("192.0.2.1"), keyOf("192.0.2.2"));
});

Deno.test("clients have the same key if their IPv6 addresses have the same first 64 bits", () => {
  assert.deepEqual(keyOf("2001:db8:1:2::1"), keyOf("2001:db8:1:2:ffff::5"));
  assert.notDeepEqual(keyOf("2001:db8:1:2::1"), keyOf("2001:db8:1:3::1"));
  assert.notDeepEqual(keyOf("2001:db8:1:2::1"), keyOf("2001:db9:1:2::1"));
});

Deno.test("no IPv6 client has the key of an IPv4 one", () => {
  for (const host of ["::1", "::c000:201", "::1:ffff:c000:201", "c000:201::", "0:0:c000:201::1", "64:ff9b::c000:201"]) {
    assert.notDeepEqual(keyOf(host), keyOf("192.0.2.1"), host);
  }
});

Deno.test("a key is read from an address as people write it, and written like that", () => {
  for (
    const [text, written] of [
      ["192.0.2.1", "192.0.2.1"],
      ["255.255.255.255", "255.255.255.255"],
      ["0.0.0.0", "0.0.0.0"],
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ["2001:DB8:1:2:3::4", "2001:db8:1:2::/64"],
      ["2001:db8:1:2::/64", "2001:db8:1:2::/64"],
      ["::1", "::/64"],
      ["fe80::1%3", "fe80::/64"],
    ]
  ) assert.equal(formatClientKey(parseClientKey(text)!), written);
});

Deno.test("what is no address, or has another length than 64, has no key", () => {
  const words = [
    "",
    "web1",
    "192.0.2",
    "192.0.2.1/32",
    "192.0.2.1/64",
    "2001:db8::/48",
    "2001:db8::/64/64",
    "::1/",
    "/64",
  ];
  for (const word of words) assert.equal(parseClientKey(word), undefined, word);
});

Deno.test("keys are in the order of addresses, IPv4 first", () => {
  const sorted = ["1.2.3.4", "10.0.0.1", "200.0.0.1", "::1", "2001:db8::", "2001:db8:0:1::", "fd00::"];
  const keys = sorted.toReversed().map((text) => parseClientKey(text)!).sort(compareClientKeys);
  assert.deepEqual(keys, sorted.map((text) => parseClientKey(text)));
});
