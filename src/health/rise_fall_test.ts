import assert from "node:assert/strict";
import fc from "fast-check";
import { RiseFall } from "./rise_fall.ts";

const numbers = fc.integer({ min: 1, max: 12 });
const results = fc.array(fc.boolean(), { maxLength: 200 });

/** The same by definition: it looks at the last results in a row. */
function isUp(rise: number, fall: number, all: readonly boolean[]): boolean {
  let up = true, row = 0, last: boolean | undefined;
  for (const [i, alive] of all.entries()) {
    row = alive === last ? row + 1 : 1;
    last = alive;
    if (i === 0) up = alive;
    else if (alive ? row >= rise : row >= fall) up = alive;
  }
  return up;
}

Deno.test("the first result decides; after that it takes rise successes or fall failures in a row", () => {
  fc.assert(fc.property(numbers, numbers, results, (rise, fall, all) => {
    const count = new RiseFall(rise, fall);
    for (const [i, alive] of all.entries()) {
      const before = count.up, changed = alive ? count.succeeded() : count.failed();
      assert.equal(count.up, isUp(rise, fall, all.slice(0, i + 1)), `after ${all.slice(0, i + 1)}`);
      assert.equal(changed, before !== count.up);
      assert.ok(count.value >= 0 && count.value <= rise + fall - 1);
    }
  }));
});

Deno.test("it counts as HAProxy does", () => {
  const count = new RiseFall(2, 3), seen: string[] = [];
  for (const alive of [true, false, true, false, false, false, true, false, true, true]) {
    if (alive) count.succeeded();
    else count.failed();
    const { up, value, rise, fall } = count;
    seen.push(up ? `UP ${value - rise + 1}/${fall}` : `DOWN ${value}/${rise}`);
  }
  assert.deepEqual(seen, [
    ...["UP 3/3", "UP 2/3", "UP 3/3", "UP 2/3", "UP 1/3", "DOWN 0/2", "DOWN 1/2", "DOWN 0/2", "DOWN 1/2", "UP 3/3"],
  ]);
});

Deno.test("other numbers change neither its state nor which end it is at", () => {
  fc.assert(fc.property(numbers, numbers, results, numbers, numbers, (rise, fall, all, newRise, newFall) => {
    const count = new RiseFall(rise, fall);
    for (const alive of all) alive ? count.succeeded() : count.failed();
    const { up, inTransition, value } = count;
    count.need(newRise, newFall);
    assert.equal(count.up, up);
    if (!inTransition) assert.equal(count.inTransition, false, `${value} became ${count.value}`);
    assert.ok(count.value >= 0 && count.value <= newRise + newFall - 1);
  }));
});

Deno.test("any count of another process is brought into range", () => {
  fc.assert(fc.property(numbers, numbers, fc.boolean(), fc.integer({ min: -5, max: 500 }), (rise, fall, up, value) => {
    const count = new RiseFall(rise, fall);
    count.restore(up, value);
    assert.equal(count.up, up);
    assert.ok(count.value >= 0 && count.value <= rise + fall - 1);
  }));
});
