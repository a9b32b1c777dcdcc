import assert from "node:assert/strict";
import { spread } from "./spread.ts";

const never = new Promise<void>(() => {});

Deno.test("things that are to be done at once are done in one step", async () => {
  const steps: string[] = [];
  const act = (items: readonly string[]) => (steps.push(items.join("")), Promise.resolve(items.length));
  assert.equal(await spread([..."abc"], { seconds: 0, isLeft: (item) => item !== "b", act, over: never }), 2);
  assert.deepEqual(steps, ["ac"]);
});

Deno.test("there may be nothing to do", async () => {
  const act = () => assert.fail();
  assert.equal(await spread([], { seconds: 10, isLeft: () => true, act, over: never }), 0);
  assert.equal(await spread([1, 2], { seconds: 10, isLeft: () => false, act, over: never }), 0);
});

Deno.test("things that are done within some time are done one after the other, in their order", async () => {
  const steps: number[] = [], given: number[] = [];
  const act = (items: readonly number[]) => {
    steps.push(items.length), given.push(...items);
    return Promise.resolve(items.length);
  };
  const items = Array.from({ length: 12 }, (_, i) => i);
  assert.equal(await spread(items, { seconds: 0.4, isLeft: () => true, act, over: never }), items.length);
  assert.deepEqual(given, items);
  assert.ok(steps.length > 1 && steps[0] < items.length, steps.join());
});

Deno.test("what need not be done any more is not waited for", async () => {
  let done = 0;
  const act = () => Promise.resolve(++done);
  assert.equal(await spread([1, 2, 3], { seconds: 3e6, isLeft: (item) => item === 1, act, over: never }), 1);
});

Deno.test("it ends as soon as everything is over", async () => {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const act = (items: readonly number[]) => (resolve(), Promise.resolve(items.length));
  assert.equal(await spread([1, 2, 3], { seconds: 3e6, isLeft: () => true, act, over }), 1);
});
