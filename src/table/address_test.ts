import assert from "node:assert/strict";
import { formatAddress, formatChannelAddress, formatHost, isMapped, parseHost } from "./address.ts";

/** Text of an address, and the text it becomes. */
const WRITTEN: readonly (readonly [string, string])[] = [
  ["127.0.0.1", "127.0.0.1"],
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["::ffff:10.1.1.3", "10.1.1.3"],
  ["::FFFF:a01:103", "10.1.1.3"],
  ["0:0:0:0:0:ffff:10.1.1.3", "10.1.1.3"],
  ["::", "::"],
  ["::1", "::1"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["2001:DB8::7", "2001:db8::7"],
  ["2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::10.1.1.3", "::a01:103"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ["fe80::1%3", "fe80::1%3"],
];

Deno.test("a numeric host is read in every notation and written in one", () => {
  for (const [text, canonical] of WRITTEN) {
    const { bytes, zone } = parseHost(text);
    assert.equal(bytes.length, 16);
    assert.equal(formatHost(bytes, zone), canonical, text);
  }
});

Deno.test("IPv4 and IPv4-mapped notation give the same bytes", () => {
  const expected = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1);
  for (const text of ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"]) {
    assert.deepEqual(parseHost(text), { bytes: expected, zone: 0 });
    assert.ok(isMapped(parseHost(text).bytes));
  }
  assert.ok(!isMapped(parseHost("::192.0.2.1").bytes));
  assert.ok(!isMapped(parseHost("::1").bytes));
});

Deno.test("anything but a numeric host is refused, with the word in quotes", () => {
  for (const text of ["", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "[::1]", ":::", "1.2.3.4:80"]) {
    assert.throws(() => parseHost(text), { name: "TypeError", message: new RegExp(`^Cannot read address: "`) }, text);
  }
});

Deno.test("a zone has to be an interface number", () => {
  for (const text of ["fe80::1%", "fe80::1%0", "fe80::1%-1", "fe80::1%1.5", "fe80::1%eth0"]) {
    assert.throws(() => parseHost(text), { name: "TypeError" }, text);
  }
});

Deno.test("an IPv6 host is written in brackets before its port", () => {
  assert.equal(formatAddress({ host: "127.0.0.1", port: 80 }), "127.0.0.1:80");
  assert.equal(formatAddress({ host: "2001:db8::7", port: 65535 }), "[2001:db8::7]:65535");
});

Deno.test("a channel whose port is the client's has a star for it", () => {
  assert.equal(formatChannelAddress({ host: "127.0.0.1", port: 0 }), "127.0.0.1:*");
  assert.equal(formatChannelAddress({ host: "2001:db8::7", port: 0 }), "[2001:db8::7]:*");
  assert.equal(formatChannelAddress({ host: "127.0.0.1", port: 80 }), "127.0.0.1:80");
});
