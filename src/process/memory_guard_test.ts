import assert from "node:assert/strict";
import { MemoryGuard } from "./memory_guard.ts";

/** Of a limit of 1000 MB. */
const use = (percent: number) => ({ used: percent * 10 * 2 ** 20, limit: 1000 * 2 ** 20 });

Deno.test("accepting stops above 90 % and resumes below 80 %, each once", () => {
  const guard = new MemoryGuard();
  const said = [50, 90, 91, 95, 85, 80, 79, 85, 91].map((percent) => guard.next(use(percent), 10));
  assert.deepEqual(said, [
    undefined,
    undefined,
    "stop",
    undefined,
    undefined,
    undefined,
    "go on",
    undefined,
    "stop",
  ]);
});

Deno.test("accepting resumes when half of the connections have ended, although the memory is kept", () => {
  const guard = new MemoryGuard();
  assert.equal(guard.next(use(92), 10), "stop");
  assert.equal(guard.next(use(92), 6), undefined);
  assert.equal(guard.next(use(92), 5), "go on");
  assert.equal(guard.next(use(93), 9), undefined, "what is kept serves new connections");
  assert.equal(guard.next(use(95), 12), "stop", "more than was kept");
});

Deno.test("accepting stops at 97 % at the latest", () => {
  const guard = new MemoryGuard();
  assert.equal(guard.next(use(96.5), 10), "stop");
  assert.equal(guard.next(use(96.5), 2), "go on");
  assert.equal(guard.next(use(97.1), 4), "stop");
});

Deno.test("accepting does not resume while hardly anything is free, unless the last connection has ended", () => {
  const guard = new MemoryGuard();
  assert.equal(guard.next(use(99), 10), "stop");
  assert.equal(guard.next(use(99), 1), undefined);
  assert.equal(guard.next(use(99), 0), "go on");
  assert.equal(guard.next(use(99), 1), "stop");
});

Deno.test("accepting never stops without connections: waiting could not help", () => {
  assert.equal(new MemoryGuard().next(use(99), 0), undefined);
});

Deno.test("16 MB of a small limit are kept free, and a quarter of a very small one", () => {
  for (const [limit, high] of [[80, 64], [120, 104], [40, 30]]) {
    const guard = new MemoryGuard();
    const at = (megabytes: number) => ({ used: megabytes * 2 ** 20, limit: limit * 2 ** 20 });
    assert.equal(guard.next(at(high), 10), undefined);
    assert.equal(guard.next(at(high + 0.5), 10), "stop");
  }
});
