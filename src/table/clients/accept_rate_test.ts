import assert from "node:assert/strict";
import { AcceptRate } from "./accept_rate.ts";

const RATE = { count: 10, seconds: 1, burst: 2 };

Deno.test("all threads together take as many turns as there are", () => {
  const buffer = AcceptRate.create(), [one, other] = [0, 1].map((lane) => new AcceptRate(buffer, lane, RATE));
  assert.deepEqual([one.take(1000), other.take(1000)], [0, 0]);
  const wait = one.take(1000);
  assert.ok(wait > 99 && wait <= 100, `${wait} ms`);
  assert.equal(other.take(1000), wait);
  assert.equal(other.wait(1050), wait - 50);
  assert.deepEqual([one.take(1100), other.take(1100) > 0], [0, true]);
});

Deno.test("a turn that is given back can be taken at once, and there is no second one", () => {
  const buffer = AcceptRate.create(), [one, other] = [0, 1].map((lane) => new AcceptRate(buffer, lane, RATE));
  one.take(1000);
  other.take(1000);
  one.giveBack();
  assert.equal(other.take(1000), 0);
  assert.ok(one.take(1000) > 0);
});

Deno.test("asking takes nothing", () => {
  const rate = new AcceptRate(AcceptRate.create(), 0, RATE);
  for (let i = 0; i < 5; i++) assert.equal(rate.wait(1000), 0);
  assert.deepEqual([rate.take(1000), rate.take(1000), rate.take(1000) > 0], [0, 0, true]);
});

Deno.test("a rate that has changed goes on from what has come before", () => {
  const buffer = AcceptRate.create(), slow = new AcceptRate(buffer, 0, { count: 1, seconds: 60, burst: 1 });
  slow.take(1000);
  assert.ok(slow.wait(2000) > 58_000);
  const fast = new AcceptRate(buffer, 0, { count: 100, seconds: 1, burst: 6001 });
  assert.equal(fast.wait(2000), 0);
});

Deno.test("a thread that dies with the lock holds nobody up once it has been given back, and makes nobody hang before", () => {
  const buffer = AcceptRate.create(), rate = new AcceptRate(buffer, 1, RATE);
  new Int32Array(buffer)[0] = 1;
  assert.ok(rate.take(1000) > 0);
  assert.ok(rate.wait(1000) > 0);
  rate.giveBack();
  AcceptRate.abandon(buffer, 2);
  assert.ok(rate.take(1000) > 0, "it was another thread that died");
  AcceptRate.abandon(buffer, 0);
  assert.equal(rate.take(1000), 0);
});

Deno.test("clients that come early are counted for all threads", () => {
  const buffer = AcceptRate.create();
  for (const lane of [0, 1]) new AcceptRate(buffer, lane, RATE).cameEarly();
  assert.equal(AcceptRate.early(buffer), 2);
});
