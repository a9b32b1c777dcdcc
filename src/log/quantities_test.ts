import assert from "node:assert/strict";
import { ageText, bytesText, countText, rateText, shortCount, spanText } from "./quantities.ts";

Deno.test("ages have two units at most, and none that is 0", () => {
  const ages = [-1, 0, 0.9, 59.9, 60, 200, 3599, 3600, 7500, 86_399, 86_400, 90_000, 86_400 * 400 + 3 * 3600];
  assert.deepEqual(ages.map(ageText), [
    ...["0s", "0s", "0s", "59s", "1m", "3m 20s", "59m 59s", "1h", "2h 5m", "23h 59m", "1d", "1d 1h", "400d 3h"],
  ]);
});

Deno.test("spans are milliseconds, then seconds", () => {
  const spans = [0, 0.04, 0.16, 9.94, 9.95, 35.4, 999.4, 999.5, 1234, 9949, 9950, 200_000];
  assert.deepEqual(spans.map(spanText), [
    ...["0.0ms", "0.0ms", "0.2ms", "9.9ms", "10ms", "35ms", "999ms", "1.0s", "1.2s", "9.9s", "10s", "3m 20s"],
  ]);
});

Deno.test("counters have their thousands apart, whatever their size", () => {
  assert.deepEqual([0, 999, 1000, 12_345, 1_234_567, 2n ** 64n].map(countText), [
    ...["0", "999", "1,000", "12,345", "1,234,567", "18,446,744,073,709,551,616"],
  ]);
});

Deno.test("short counters and bytes are rounded down", () => {
  assert.deepEqual([0, 99_999, 100_000, 1_299_999, 2n ** 64n].map(shortCount), ["0", "99999", "100k", "1.2M", "18.4E"]);
  assert.deepEqual([0, 999, 1000, 35_999_999, 10n ** 30n].map(bytesText), [
    ...["0B", "999B", "1.0kB", "35.9MB", `1${"0".repeat(30)}B`],
  ]);
});

Deno.test("rates have one digit behind the point while they are small", () => {
  assert.deepEqual([0, 0.04, 0.05, 3.71, 9.96, 35.4, 123_456].map(rateText), [
    ...["0", "0", "0.1", "3.7", "10", "35", "123k"],
  ]);
});
