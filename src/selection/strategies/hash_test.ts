import assert from "node:assert/strict";
import { assertShares } from "../../../tests/support/chance.ts";
import { parseHost } from "../../table/address.ts";
import { hashAddress, preference } from "./hash.ts";

/** Clients of one network: a hash that looks at few bits spreads these worst. */
const NETWORKS: Readonly<Record<string, (i: number) => string>> = {
  "neighbours": (i) => `192.168.${i >> 8}.${i & 255}`,
  "every second one": (i) => `10.0.${i >> 7}.${(i & 127) * 2}`,
  "first hosts of networks": (i) => `10.${i >> 8}.${i & 255}.1`,
  "IPv6 hosts of one network": (i) => `2001:db8:1:2::${(i + 1).toString(16)}`,
  "IPv6 networks": (i) => `2001:db8:${i.toString(16)}::1`,
};

const CLIENTS = 8192;

for (const [name, address] of Object.entries(NETWORKS)) {
  Deno.test(`Hash spreads clients evenly: ${name}`, () => {
    const hashes = Array.from({ length: CLIENTS }, (_, i) => hashAddress(parseHost(address(i)).bytes));
    for (const channels of [2, 3, 4, 7, 8, 10, 16, 32, 64]) {
      const shares = new Array<number>(channels).fill(0);
      for (const hash of hashes) shares[hash % channels]++;
      // By chance alone, shares are almost always within four standard deviations; the addresses are fixed, so the
      // outcome is too.
      const fair = CLIENTS / channels, deviation = Math.sqrt(fair * (1 - 1 / channels));
      for (const share of shares) {
        assert.ok(Math.abs(share - fair) < 4 * deviation, `${channels} channels: ${share} instead of ${fair}`);
      }
    }
  });
}

for (const [name, address] of Object.entries(NETWORKS)) {
  Deno.test(`the clients of a channel that is unavailable are spread over all others: ${name}`, () => {
    const hashes = Array.from({ length: CLIENTS }, (_, i) => hashAddress(parseHost(address(i)).bytes));
    for (const channels of [3, 4, 7, 8, 16]) {
      for (const dead of [[0], [channels - 1], [0, 1]]) {
        const left = Array.from({ length: channels }, (_, number) => number).filter((number) => !dead.includes(number));
        if (left.length < 2) continue;
        const shares = new Map(left.map((number) => [number, 0]));
        for (const hash of hashes.filter((hash) => dead.includes(hash % channels))) {
          const substitute = left.reduce((a, b) => preference(hash, a) > preference(hash, b) ? a : b);
          shares.set(substitute, shares.get(substitute)! + 1);
        }
        assertShares([...shares.values()]);
      }
    }
  });
}

Deno.test("the hash is a whole number that depends on the address alone", () => {
  const { bytes } = parseHost("192.0.2.1"), copy = Uint8Array.from(bytes);
  const hash = hashAddress(bytes);
  assert.ok(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32);
  assert.deepEqual([hashAddress(copy), hashAddress(parseHost("::ffff:192.0.2.1").bytes)], [hash, hash]);
  assert.deepEqual(bytes, copy);
});

Deno.test("one bit of the address changes about half the bits of the hash", () => {
  const { bytes } = parseHost("2001:db8::7"), before = hashAddress(bytes);
  let changed = 0;
  for (let bit = 0; bit < 128; bit++) {
    const other = Uint8Array.from(bytes);
    other[bit >> 3] ^= 1 << (bit & 7);
    changed += ((hashAddress(other) ^ before) >>> 0).toString(2).replaceAll(/[^1]/g, "").length;
    assert.notEqual(hashAddress(other), before);
  }
  const average = changed / 128;
  assert.ok(average > 15 && average < 17, `${average} of 32 bits on average`);
});
