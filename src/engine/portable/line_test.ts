import assert from "node:assert/strict";
import { Line } from "./line.ts";

Deno.test("those in a line go in the order in which they came, one at a time or all", () => {
  const line = new Line(), gone: string[] = [];
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => ({ go: () => void gone.push(name) }));
  for (const one of [a, b, c, d]) line.enter(one);
  line.next();
  assert.deepEqual(gone, ["a"]);
  line.leave(b);
  line.enter(a);
  line.next();
  assert.deepEqual(gone, ["a", "c"]);
  line.all();
  assert.deepEqual(gone, ["a", "c", "d", "a"]);
  line.next();
  line.all();
  assert.equal(gone.length, 4);
});

Deno.test("whoever enters a line while all go waits for the next time", () => {
  const line = new Line();
  let times = 0;
  const again = {
    go() {
      times++;
      line.enter(again);
    },
  };
  line.enter(again);
  line.all();
  line.next();
  assert.equal(times, 2);
});
