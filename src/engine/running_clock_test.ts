import assert from "node:assert/strict";
import { RunningClock } from "./running_clock.ts";

/** A world whose time passes when the test says so: timers fire at once, and as late as the test wants. */
class World implements Disposable {
  now = 1000;
  readonly #timers: { due: number; callback: () => void }[] = [];
  readonly #setTimeout = globalThis.setTimeout;
  readonly #now = performance.now;

  constructor() {
    globalThis.setTimeout = ((callback: () => void, delay: number) => {
      this.#timers.push({ due: this.now + delay, callback });
      return 0;
    }) as unknown as typeof setTimeout;
    performance.now = () => this.now;
  }

  /** Lets time pass; timers that are due fire only afterwards, as if the process had not run. */
  async stop(milliseconds: number): Promise<void> {
    this.now += milliseconds;
    const due = this.#timers.filter((timer) => timer.due <= this.now);
    for (const timer of due) this.#timers.splice(this.#timers.indexOf(timer), 1);
    for (const { callback } of due) callback();
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }

  [Symbol.dispose](): void {
    globalThis.setTimeout = this.#setTimeout;
    performance.now = this.#now;
  }
}

Deno.test("an alarm rings when it is due", async () => {
  using world = new World();
  const clock = new RunningClock(), rung: number[] = [], start = clock.now();
  clock.at(start + 500, (known) => rung.push(known - start));
  await world.stop(499);
  assert.deepEqual(rung, []);
  await world.stop(2);
  assert.deepEqual(rung, [501]);
});

Deno.test("time in which the process did not run does not count for later alarms", async () => {
  using world = new World();
  const clock = new RunningClock(), rung: string[] = [], start = clock.now();
  clock.at(start + 500, () => rung.push("first"));
  clock.at(start + 2000, () => rung.push("second"));
  await world.stop(10_000);
  assert.deepEqual(rung, ["first"]);
  assert.equal(clock.now(), start + 500);
  await world.stop(1499);
  assert.deepEqual(rung, ["first"]);
  await world.stop(1);
  assert.deepEqual(rung, ["first", "second"]);
});

Deno.test("an alarm does not ring before earlier events are handled, nor when one of them cancels it", async () => {
  using world = new World();
  const settled = Promise.withResolvers<void>();
  const clock = new RunningClock(() => settled.promise), rung: string[] = [], start = clock.now();
  clock.at(start + 500, () => rung.push("rings"));
  const cancelled = clock.at(start + 500, () => rung.push("is cancelled"));
  await world.stop(600);
  assert.deepEqual(rung, []);
  cancelled.cancel();
  settled.resolve();
  await world.stop(0);
  assert.deepEqual(rung, ["rings"]);
});

Deno.test("an alarm in sixty years sets no timer that fires at once", async () => {
  using world = new World();
  const clock = new RunningClock(), rung: string[] = [];
  clock.at(clock.now() + 2e12, () => rung.push("rings"));
  await world.stop(60_000);
  assert.deepEqual(rung, []);
});
