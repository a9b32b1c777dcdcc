import assert from "node:assert/strict";
import fc from "fast-check";
import { Checker } from "./checker.ts";
import type { Change, Monitor } from "./monitor.ts";
import { type Target, targetKey } from "./target.ts";
import type { Verdict } from "./verdict.ts";

const STANDARD: Target = {
  ...{ address: "10.0.0.1", port: 80, host: "web", check: "tcp", expect: undefined, source: undefined },
  ...{ interval: 2000, timeout: 2000, rise: 2, fall: 3 },
};
const ALIVE: Verdict = { code: "L4OK", reason: "" };
const DEAD: Verdict = { code: "L4CON", reason: "connection refused" };

Deno.test("the same target is another one with a PROXY header, and without one has the key that it has always had", () => {
  const keys = [STANDARD, { ...STANDARD, proxy: "v1" }, { ...STANDARD, proxy: "v2" }] as const;
  assert.equal(new Set(keys.map(targetKey)).size, 3);
  assert.equal(targetKey(STANDARD), '["10.0.0.1",80,"","tcp",null,null,2000,2000,2,3]');
  assert.equal(targetKey({ ...STANDARD, proxy: undefined }), targetKey(STANDARD));
});

/** A checker in a world of its own, whose time passes only when it is told to. */
class World {
  now = 0;
  /** Most checks that ran at a time. */
  most = 0;
  readonly begun: { readonly at: number; readonly port: number }[] = [];
  readonly changes: string[] = [];
  abandoned = 0;
  #running = 0;
  #calls: { at: number; order: number; call: () => void }[] = [];
  #order = 0;
  readonly checker: Checker;

  /** @param answer what a check finds out, and how many milliseconds it takes */
  constructor(answer: (target: Target, now: number) => readonly [Verdict, number], atOnce = 10, random = () => 0.5) {
    this.checker = new Checker({
      probe: (target) => {
        this.begun.push({ at: this.now, port: target.port });
        this.most = Math.max(this.most, ++this.#running);
        const [verdict, takes] = answer(target, this.now), ended = Promise.withResolvers<Verdict>();
        const end = () => {
          this.#running--;
          ended.resolve(verdict);
        };
        const cancel = this.#after(takes, end);
        return {
          verdict: ended.promise,
          abandon: () => {
            this.abandoned++;
            cancel();
            end();
          },
        };
      },
      atOnce: { connection: atOnce, program: atOnce },
      changed: (monitor, change) => this.#changed(monitor, change),
      now: () => this.now,
      random,
      after: (milliseconds, call) => this.#after(milliseconds, call),
    });
  }

  follow(...targets: Target[]): void {
    this.checker.become(new Map(targets.map((target) => [targetKey(target), target])));
  }

  async pass(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    for (;;) {
      const [next] = this.#calls.sort((a, b) => a.at - b.at || a.order - b.order);
      if (next === undefined || next.at > end) break;
      this.#calls.shift();
      this.now = Math.max(this.now, next.at);
      next.call();
      // What waits for a check's verdict runs now.
      for (let i = 0; i < 5; i++) await Promise.resolve();
    }
    this.now = end;
  }

  #after(milliseconds: number, call: () => void): () => void {
    const entry = { at: this.now + milliseconds, order: this.#order++, call };
    this.#calls.push(entry);
    return () => this.#calls = this.#calls.filter((other) => other !== entry);
  }

  #changed({ target }: Monitor, { state, flapping }: Change): void {
    for (const what of [state, flapping]) {
      if (what !== undefined) this.changes.push(`${target.port} ${what} ${this.now}`);
    }
  }
}

Deno.test("a target goes down within fall intervals, and comes up after rise good checks", async () => {
  let verdict = ALIVE;
  const world = new World(() => [verdict, 1]);
  world.follow(STANDARD);
  await world.pass(5000);
  assert.deepEqual(world.changes, []);
  verdict = DEAD;
  await world.pass(3 * 2000);
  // Checks at 6000, then twice as often: 7000, 8000.
  assert.deepEqual(world.changes, ["80 down 8001"]);
  verdict = ALIVE;
  await world.pass(4000);
  assert.deepEqual(world.changes.slice(1), ["80 up 13001"]);
});

Deno.test("the first check decides", async () => {
  const world = new World(() => [DEAD, 1]);
  world.follow(STANDARD);
  await world.pass(10);
  assert.deepEqual(world.changes, ["80 down 1"]);
});

Deno.test("a shortage on this machine changes nothing, however long it lasts", async () => {
  const world = new World(() => [{ code: "SOCKERR", reason: "no descriptors" }, 1]);
  world.follow(STANDARD);
  await world.pass(100_000);
  assert.deepEqual(world.changes, []);
  assert.ok(world.begun.length >= 50);
});

Deno.test("what flaps needs more and more good checks, and one line says so", async () => {
  // Three bad checks, then two good ones, and so on.
  let checks = 0;
  const world = new World(() => [checks++ % 5 < 3 ? DEAD : ALIVE, 1]);
  world.follow(STANDARD);
  await world.pass(55_000);
  assert.deepEqual(world.changes.map((change) => change.split(" ")[1]), ["down", "up", "down", "begins"]);
  assert.equal(world.checker.monitor(targetKey(STANDARD))!.count.rise, 4, "two good ones are no longer enough");
});

Deno.test("only so many checks run at a time, each target has its turn, and none is checked twice at once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 3000 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      async (atOnce, count, takes, random) => {
        const world = new World(() => [ALIVE, takes], atOnce, () => random.next().value);
        world.follow(...Array.from({ length: count }, (_, i) => ({ ...STANDARD, port: i + 1 })));
        await world.pass(240_000);
        assert.ok(world.most <= atOnce);
        const times = Map.groupBy(world.begun, ({ port }) => port);
        assert.equal(times.size, count);
        const rounds = [...times.values()].map((all) => all.length);
        assert.ok(Math.max(...rounds) - Math.min(...rounds) <= 0.25 * Math.max(...rounds) + 2, `${rounds}`);
        for (const all of times.values()) {
          for (let i = 1; i < all.length; i++) assert.ok(all[i].at - all[i - 1].at >= takes);
        }
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("removed targets are not checked any more, and the others keep what is known about them", async () => {
  const other = { ...STANDARD, port: 81 }, world = new World(({ port }) => [port === 80 ? DEAD : ALIVE, 500]);
  world.follow(STANDARD, other);
  await world.pass(600);
  assert.equal(world.checker.monitor(targetKey(STANDARD))!.up, false);
  world.follow(STANDARD);
  await world.pass(10_000);
  assert.equal(world.begun.filter(({ port }) => port === 81).length, 1);
  assert.equal(world.checker.monitor(targetKey(STANDARD))!.up, false);
  assert.deepEqual(world.changes, ["80 down 500"]);
  world.checker.stop();
  const { length } = world.begun;
  await world.pass(10_000);
  assert.equal(world.begun.length, length);
});

Deno.test("clients' failures count like checks, except shortly after it has come up", async () => {
  let verdict = ALIVE;
  const world = new World(() => [verdict, 1]), longest = 5000;
  world.follow(STANDARD);
  await world.pass(100);
  const monitor = world.checker.monitor(targetKey(STANDARD))!;
  const fail = () => monitor.connectFailed("connection refused", world.now, longest).state;
  assert.deepEqual([fail(), fail(), fail(), fail()], [undefined, undefined, "down", undefined]);
  await world.pass(5000);
  assert.equal(monitor.up, true);
  assert.deepEqual([fail(), fail(), fail()], [undefined, undefined, undefined], "they may have waited since before");
  await world.pass(longest);
  assert.deepEqual([fail(), fail(), fail()], [undefined, undefined, "down"]);
  assert.deepEqual(monitor.last, { ...DEAD, took: undefined, at: world.now });
  verdict = DEAD;
});

Deno.test("targets that do not answer never keep those that do waiting", async () => {
  const holes = 1900, atOnce = 16;
  for (const check of ["tcp", "exec:/bin/true"]) {
    const world = new World(
      ({ port, timeout }) => port <= holes ? [{ code: "L4TOUT", reason: "" }, timeout] : [ALIVE, 5],
      atOnce,
    );
    world.follow(...Array.from({ length: 2048 }, (_, i) => ({ ...STANDARD, check, port: i + 1 })));
    // Before its first check, nobody knows who will answer.
    const first = 2000 * Math.ceil(2048 / (atOnce / 2)) + 10_000;
    await world.pass(first);
    const times = Map.groupBy(world.begun, ({ port }) => port);
    assert.equal(times.size, 2048, "all have had their first check");
    await world.pass(60_000);
    for (const [port, all] of Map.groupBy(world.begun, ({ port }) => port)) {
      const late = all.filter(({ at }) => at >= first).map(({ at }) => at);
      if (port <= holes) continue;
      for (let i = 1; i < late.length; i++) assert.ok(late[i] - late[i - 1] <= 2300, `${late[i] - late[i - 1]} ms`);
      assert.ok(late.length >= 26, `${late.length} checks`);
    }
    world.checker.stop();
  }
});

Deno.test("what comes back among many that do not answer is not kept waiting by them once it has answered", async () => {
  let back = Infinity;
  const world = new World(
    ({ port, timeout }, now) => port === 1 && now > back ? [ALIVE, 5] : [{ code: "L4TOUT", reason: "" }, timeout],
    8,
  );
  world.follow(...Array.from({ length: 200 }, (_, i) => ({ ...STANDARD, port: i + 1 })));
  await world.pass(120_000);
  back = world.now;
  await world.pass(60_000);
  const [up] = world.changes.filter((change) => change.startsWith("1 up"));
  const [first, second] = world.begun.filter(({ port, at }) => port === 1 && at > back);
  assert.ok(second.at - first.at < 4000, `${second.at - first.at} ms`);
  assert.equal(up, `1 up ${second.at + 5}`);
});
