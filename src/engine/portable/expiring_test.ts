import assert from "node:assert/strict";
import { RunningClock } from "../running_clock.ts";
import { Expiring } from "./expiring.ts";

function member(end: number) {
  return { place: 0, end };
}

Deno.test("members expire, and those that have left do not", async () => {
  const clock = new RunningClock(), now = clock.now(), expired: number[] = [], over = Promise.withResolvers<void>();
  const all = [1, 2, 3, 4].map((i) => member(now + i));
  const expiring = new Expiring<typeof all[0]>(clock, ({ end }) => end, (item) => {
    expired.push(all.indexOf(item));
    expiring.delete(item);
    if (expired.length === 3) over.resolve();
  });
  for (const item of all) expiring.add(item);
  expiring.delete(all[1]);
  await over.promise;
  assert.deepEqual(expired.toSorted(), [0, 2, 3]);
});

Deno.test("a member whose end moves on expires only then", async () => {
  const clock = new RunningClock(), item = member(clock.now() + 1), first = member(item.end);
  const known: boolean[] = [], over = Promise.withResolvers<void>();
  const expiring = new Expiring<typeof item>(clock, ({ end }) => end, (expired) => {
    known.push(expired === item && clock.now() >= item.end);
    expiring.delete(expired);
    if (expired === first) item.end += 5;
    else over.resolve();
  });
  expiring.add(first);
  expiring.add(item);
  item.end += 5;
  await over.promise;
  assert.deepEqual(known, [false, true]);
});

Deno.test("a cleared timer does not come, and nothing keeps the program from ending", () => {
  const expiring = new Expiring<ReturnType<typeof member>>(new RunningClock(), ({ end }) => end, () => assert.fail());
  expiring.add(member(performance.now() + 60_000));
  expiring.clear();
});
