import assert from "node:assert/strict";
import { type Answer, inOrderOf, saysTheSame } from "./name.ts";

const answer = (...addresses: string[]): Answer => ({ addresses, services: [], ttl: 1, source: "dns" });

Deno.test("the order of an answer means nothing: what was there keeps its place, what is new follows in its order", () => {
  const first = inOrderOf(undefined, answer("10.0.0.10", "10.0.0.9", "10.0.0.10"));
  assert.deepEqual(first.addresses, ["10.0.0.9", "10.0.0.10"]);
  const shuffled = inOrderOf(first, answer("10.0.0.10", "10.0.0.9"));
  assert.ok(saysTheSame(first, shuffled));
  const changed = inOrderOf(first, answer("10.0.0.2", "10.0.0.10", "10.0.0.1"));
  assert.deepEqual(changed.addresses, ["10.0.0.10", "10.0.0.1", "10.0.0.2"]);
  assert.ok(!saysTheSame(first, changed));
});

Deno.test("places of a service are the same while host and port are, whatever their weights", () => {
  const at = (target: string, port: number, weight: number) => ({ target, port, weight, priority: 1 });
  const of = (...services: ReturnType<typeof at>[]): Answer => ({ ...answer(), services });
  const first = inOrderOf(undefined, of(at("b", 1, 1), at("a", 2, 1), at("a", 1, 1)));
  assert.deepEqual(first.services.map(({ target, port }) => `${target}:${port}`), ["a:1", "a:2", "b:1"]);
  const next = inOrderOf(first, of(at("a", 0, 1), at("b", 1, 9), at("a", 2, 1)));
  assert.deepEqual(next.services.map(({ target, port }) => `${target}:${port}`), ["a:2", "b:1", "a:0"]);
  assert.ok(!saysTheSame(first, inOrderOf(first, of(at("b", 1, 2), at("a", 2, 1), at("a", 1, 1)))), "a weight");
});

Deno.test("a place that comes twice has the lower priority number, and the larger weight, in any order", () => {
  const record = (priority: number, weight: number) => ({ priority, weight, port: 80, target: "a" });
  const records = [record(2, 9), record(1, 3), record(1, 2)];
  for (const services of [records, records.toReversed()]) {
    const answer = { addresses: [], services, ttl: 1, source: "dns" } as const;
    assert.deepEqual(inOrderOf(undefined, answer).services, [record(1, 3)]);
  }
});
