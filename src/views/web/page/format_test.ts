import assert from "node:assert/strict";
import fc from "fast-check";
import { bytes, count, duration, hostAndPort, milliseconds, NOTHING, plural, ports, rate, short } from "./format.js";

/** Thin spaces stand between number and unit. */
const plain = (text: string) => text.replaceAll("\u202f", " ");

Deno.test("page: numbers are short and never say 1000 where 1k is meant", () => {
  assert.deepEqual([0, 7, 999, 999.7, 1000, 1234, 35_499, 999_999, 1.2e6].map(short), [
    ...["0", "7", "999", "1.0k", "1.0k", "1.2k", "35k", "1.0M", "1.2M"],
  ]);
  assert.equal(count(1_234_567), "1,234,567");
  assert.equal(plural(1, "channel"), "1 channel");
  assert.equal(plural(2000, "channel"), "2,000 channels");
});

Deno.test("page: a rate that is not 0 does not look like 0", () => {
  assert.deepEqual([0, 0.01, 0.5, 9.94, 9.96, 1234].map(rate), ["0", "0.1", "0.5", "9.9", "10", "1.2k"]);
});

Deno.test("page: bytes, times and durations have the unit that fits", () => {
  assert.deepEqual([0, 512, 1536, 23e6, 9.96e9].map(bytes).map(plain), ["0 B", "512 B", "1.5 kB", "23 MB", "10 GB"]);
  assert.deepEqual([null, 0, 0.42, 5.25, 12.4, 999.6, 61_000].map(milliseconds).map(plain), [
    ...[NOTHING, "0", "0.42 ms", "5.3 ms", "12 ms", "1.0 s", "61 s"],
  ]);
  assert.deepEqual([null, 0, 99, 100, 3600, 7500, 40_000, 90_000, 1e6, -3].map(duration).map(plain), [
    ...[NOTHING, "0 s", "99 s", "1 min", "1 h", "2 h 5 min", "11 h", "1 d 1 h", "11 d", "0 s"],
  ]);
});

Deno.test("page: addresses look as one would type them", () => {
  assert.equal(hostAndPort("10.0.0.1", 80), "10.0.0.1:80");
  assert.equal(hostAndPort("2001:db8::1", 443), "[2001:db8::1]:443");
  assert.equal(hostAndPort("10.0.0.1", 0), "10.0.0.1:same");
  assert.equal(ports([{ first: 80, last: 80 }, { first: 8000, last: 8010 }]), "80,8000-8010");
});

Deno.test("page: every figure is short, however large it is", () => {
  fc.assert(fc.property(fc.double({ min: 0, max: 1e17, noNaN: true }), (value) => {
    assert.ok(short(value).length <= 5, short(value));
    assert.ok(bytes(value).length <= 7, bytes(value));
    assert.ok(rate(Math.min(value, 1e9)).length <= 4);
  }));
});
