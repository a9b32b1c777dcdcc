import assert from "node:assert/strict";
import fc from "fast-check";
import { formatHost, parseHost } from "../table/address.ts";
import { isNetworkFault, parseNetwork } from "./network_words.ts";
import { bytesOf, includes, rangesIn, sameNetworks } from "./networks.ts";
import { NetworksBuilder } from "./networks_builder.ts";

function networks(...words: string[]) {
  const builder = new NetworksBuilder();
  for (const word of words) {
    const range = parseNetwork(word);
    assert.ok(!isNetworkFault(range), word);
    builder.add(range.first, range.last);
  }
  return builder.build();
}

const has = (set: ReturnType<typeof networks>, host: string) => includes(set, parseHost(host).bytes);

Deno.test("a set has its first and last addresses and none beside them", () => {
  const set = networks("10.1.0.0/16", "192.0.2.7", "198.51.100.10-198.51.100.20", "2001:db8::/32", "fe80::1-fe80::5");
  const inside = ["10.1.0.0", "10.1.255.255", "192.0.2.7", "198.51.100.10", "198.51.100.20", "::ffff:10.1.2.3"];
  for (const host of [...inside, "2001:db8::", "2001:db8:ffff::1", "fe80::1", "fe80::5"]) {
    assert.ok(has(set, host), host);
  }
  const outside = ["10.0.255.255", "10.2.0.0", "192.0.2.6", "192.0.2.8", "198.51.100.9", "198.51.100.21", "0.0.0.0"];
  for (const host of [...outside, "255.255.255.255", "2001:db7:ffff::", "2001:db9::", "fe80::", "fe80::6", "::"]) {
    assert.ok(!has(set, host), host);
  }
});

Deno.test("IPv4 and IPv6 are kept apart, and IPv4-mapped addresses are IPv4", () => {
  assert.ok(!has(networks("::/0"), "10.0.0.1"));
  assert.ok(has(networks("::/0"), "::1"));
  assert.ok(!has(networks("0.0.0.0/0"), "::1"));
  assert.ok(has(networks("::ffff:0:0/96"), "10.0.0.1"));
  assert.ok(has(networks("::ffff:10.0.0.0/104"), "10.0.0.1"));
  assert.ok(!has(networks("::ffff:10.0.0.0/104"), "11.0.0.1"));
  assert.ok(!has(networks(), "10.0.0.1"));
  assert.ok(!has(networks(), "::1"));
});

Deno.test("ranges that overlap or follow each other become one", () => {
  assert.equal(rangesIn(networks("10.0.0.0/25", "10.0.0.128/25")), 1);
  assert.equal(rangesIn(networks("10.0.0.0/8", "10.1.0.0/16", "10.0.0.1")), 1);
  assert.equal(rangesIn(networks("10.0.0.3", "10.0.0.1", "10.0.0.2", "10.0.0.2")), 1);
  assert.equal(rangesIn(networks("10.0.0.1", "10.0.0.3")), 2);
  assert.equal(rangesIn(networks("2001:db8::ffff:ffff", "2001:db8::1:0:0")), 1);
  assert.equal(rangesIn(networks("2001:db8::ffff:ffff", "2001:db8:0:1::")), 2);
  assert.equal(rangesIn(networks("0.0.0.0/0", "255.255.255.255", "::/0", "ffff:ffff::-ffff:ffff::1")), 2);
  assert.equal(bytesOf(networks("10.0.0.0/8", "::1")), 40);
});

/** Addresses that are often near each other, so that ranges touch. */
const address = fc.oneof(
  fc.tuple(
    fc.constantFrom(0, 10, 255),
    fc.constantFrom(0, 255),
    fc.constantFrom(0, 1, 254, 255),
    fc.integer({ max: 255, min: 0 }),
  )
    .map((parts) => parts.join(".")),
  fc.tuple(
    fc.constantFrom("2001:db8", "ffff:ffff", "0:0"),
    fc.constantFrom("0", "1", "ffff"),
    fc.constantFrom("0", "1", "fffe", "ffff"),
  )
    .map(([high, middle, low]) => `${high}:${middle}:${middle}:${middle}:${middle}:${middle}:${low}`),
).map((host) => parseHost(host).bytes);

const number = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);

const range = fc.tuple(address, address).filter(([a, b]) => formatHost(a).includes(":") === formatHost(b).includes(":"))
  .map(([a, b]) => number(a) <= number(b) ? [a, b] : [b, a]);

Deno.test("a set has exactly the addresses of its ranges, in whatever order they come", () => {
  fc.assert(fc.property(fc.array(range, { maxLength: 40 }), fc.array(address, { maxLength: 20 }), (ranges, probes) => {
    const builder = new NetworksBuilder();
    for (const [first, last] of ranges) builder.add(first, last);
    const set = builder.build();
    for (const probe of [...probes, ...ranges.flat()]) {
      const expected = ranges.some(([first, last]) => {
        const sameFamily = formatHost(first).includes(":") === formatHost(probe).includes(":");
        return sameFamily && number(first) <= number(probe) && number(probe) <= number(last);
      });
      assert.equal(includes(set, probe), expected, formatHost(probe));
    }
    // Nothing is left to be merged: the set is the shortest list of its ranges.
    const again = new NetworksBuilder();
    again.addAll(set);
    assert.ok(sameNetworks(again.build(), set));
    const reversed = new NetworksBuilder();
    for (const [first, last] of ranges.toReversed()) reversed.add(first, last);
    assert.ok(sameNetworks(reversed.build(), set));
  }));
});

Deno.test("a set that is built in steps is the same, and there are pauses", async () => {
  const builder = new NetworksBuilder(), bytes = new Uint8Array(16), view = new DataView(bytes.buffer);
  for (let i = 0; i < 100_000; i++) {
    view.setUint32(0, 0x2001_0db8);
    view.setUint32(12, Math.imul(i, 0x9e37_79b1) & ~3);
    builder.add(bytes, bytes);
  }
  let pauses = 0;
  const slowly = await builder.buildSlowly(() => {
    pauses++;
    return Promise.resolve();
  });
  assert.ok(pauses > 10, String(pauses));
  assert.ok(sameNetworks(slowly, builder.build()));
  assert.equal(rangesIn(slowly), 100_000);
});

Deno.test("a million networks take 8 bytes each, an IPv6 network 32", () => {
  const builder = new NetworksBuilder(), bytes = new Uint8Array(16), view = new DataView(bytes.buffer);
  for (let i = 0; i < 1_000_000; i++) {
    // Neither sorted nor next to each other.
    const mixed = Math.imul(i, 0x9e37_79b1) & ~1;
    view.setUint32(0, 0x2001_0db8);
    view.setUint32(4, mixed);
    view.setUint32(8, 0);
    builder.add(bytes, bytes);
    view.setUint32(0, 0);
    view.setUint32(4, 0);
    view.setUint32(8, 0xffff);
    view.setUint32(12, mixed);
    builder.add(bytes, bytes);
    view.setUint32(12, 0);
  }
  const set = builder.build(), ranges = rangesIn(set);
  assert.ok(ranges > 1_900_000 && ranges <= 2_000_000, String(ranges));
  assert.equal(bytesOf(set), set.ipv4.length / 2 * 8 + set.ipv6.length / 8 * 32);
  assert.ok(bytesOf(set) < 64 << 20);
  for (let i = 2; i < set.ipv4.length; i += 2) assert.ok(set.ipv4[i] > set.ipv4[i - 1]);
});
