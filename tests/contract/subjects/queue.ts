import assert from "node:assert/strict";
import { DisabledBy } from "../../../src/table/table.ts";
import { Backend } from "../../support/backend.ts";
import { namedBackend } from "../../support/backends.ts";
import type { Client } from "../../support/client.ts";
import { eventually } from "../../support/eventually.ts";
import { ResettingClient } from "../../support/resetting.ts";
import type { ContractTest } from "../suite.ts";
import type { Trial } from "../trial.ts";

/** Seconds that do not pass while a test runs. */
const LONG = 3600;

/** Seconds that pass soon, but not before a busy machine has done what it must until then. */
const BRIEF = 0.6;

/** Clients that wait while every channel is full. */
export function queue(test: ContractTest): void {
  test("clients that wait are served in the order in which they came, and the limit holds", async (start) => {
    const served: number[] = [], count = 40;
    await using backend = new Backend(async (connection) => {
      const [number] = await read(connection);
      served.push(number);
    });
    await using trial = await start({ channels: [{ address: backend.address, maxc: 1 }], queue: LONG });
    using first = await trial.connect();
    await eventually("it has the place", () => backend.open === 1);
    using others = new Waiting(trial);
    for (let i = 1; i < count; i++) {
      const client = await others.come();
      await client.send(Uint8Array.of(i));
      await client.finish();
    }
    // From here on, each that is served makes room for the next.
    await first.send(Uint8Array.of(0));
    await first.finish();
    await eventually("all have been served", () => served.length === count);
    assert.deepEqual(served, Array.from({ length: count }, (_, i) => i));
    assert.equal(backend.most, 1);
    await trial.idle();
    assert.deepEqual(trial.table.queue!.counts(), {
      waiting: 0,
      waited: count - 1,
      timedOut: 0,
      left: 0,
      limit: 65_536,
    });
    assert.deepEqual(trial.eventTypes(), []);
  });

  test("nobody is left waiting when hundreds come and go at the same time", async (start) => {
    const clients = 300, maxc = 3;
    const say = async (connection: Deno.TcpConn) => {
      await read(connection);
      await connection.write(Uint8Array.of(1));
      await read(connection);
    };
    await using a = new Backend(say);
    await using b = new Backend(say);
    await using trial = await start({ channels: [a, b].map(({ address }) => ({ address, maxc })), queue: LONG });
    await Promise.all(Array.from({ length: clients }, async () => {
      using client = await trial.connect();
      await client.send("?");
      await client.readExactly(1);
    }));
    await trial.idle();
    assert.equal(a.accepted + b.accepted, clients);
    assert.ok(a.most <= maxc && b.most <= maxc, `${a.most} and ${b.most} at the same time`);
    const { waiting, waited, timedOut, left } = trial.table.queue!.counts();
    assert.deepEqual([waiting, timedOut, left], [0, 0, 0]);
    assert.ok(waited > 0);
  });

  const wakers: Readonly<Record<string, (trial: Trial, spare: Backend) => void>> = {
    "its limit is raised": ({ table }) => table.setMaxc(0, 4),
    "its limit is taken away": ({ table }) => table.setMaxc(0, 0),
    "a channel is added": ({ table }, spare) => void table.addChannel(0, spare.address),
    "a channel is added to another group": ({ table }, spare) => void table.addChannel(3, spare.address),
    "the channels are replaced": ({ table }, spare) => void table.rearrange(0, [{ address: spare.address }]),
    "another channel is enabled": ({ table }) => void table.enable(1, DisabledBy.OPERATOR | DisabledBy.DOWN),
    "another channel gets a weight": ({ table }) => {
      table.setWeight(1, 0);
      table.enable(1, DisabledBy.OPERATOR | DisabledBy.DOWN);
      table.setWeight(1, 1);
    },
  };
  for (const [what, wake] of Object.entries(wakers)) {
    test(`clients that wait for a channel are served when ${what}`, async (start) => {
      await using full = namedBackend("x");
      await using spare = namedBackend("x");
      await using trial = await start({ channels: [{ address: full.address, maxc: 1 }, spare], queue: LONG });
      trial.table.disable(1, DisabledBy.OPERATOR);
      trial.table.disable(1, DisabledBy.DOWN);
      using first = await trial.connect();
      assert.equal(await first.readText(), "x");
      using others = new Waiting(trial);
      for (let i = 0; i < 3; i++) await others.come();
      assert.equal(full.accepted + spare.accepted, 1);
      wake(trial, spare);
      for (const client of others.clients) assert.equal(await client.readText(), "x");
      assert.equal(trial.table.queue!.waiting, 0);
    });
  }

  test("a client whose wait times out is closed with nothing sent", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [{ address: backend.address, maxc: 1 }], queue: BRIEF });
    using first = await trial.connect();
    assert.equal(await first.readText(), "x");
    using late = await trial.connect();
    const { length, end } = await late.readToEnd();
    assert.deepEqual([length, end], [0, "end-of-stream"]);
    await eventually("it is reported", () => trial.eventTypes().includes("turned-away"));
    const { waiting, waited, timedOut } = trial.table.queue!.counts();
    assert.deepEqual([waiting, waited, timedOut], [0, 0, 1]);
    // The place that comes free later is anybody's.
    first[Symbol.dispose]();
    await trial.idle();
    using next = await trial.connect();
    assert.equal(await next.readText(), "x");
  });

  test("at most queueLimit clients wait; others are closed at once", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({
      channels: [{ address: backend.address, maxc: 1 }],
      queue: LONG,
      queueLimit: 2,
    });
    using first = await trial.connect();
    assert.equal(await first.readText(), "x");
    using others = new Waiting(trial);
    for (let i = 0; i < 2; i++) await others.come();
    using tooMany = await trial.connect();
    assert.equal((await tooMany.readToEnd()).length, 0);
    first[Symbol.dispose]();
    assert.equal(await others.clients[0].readText(), "x");
    // There is room in the queue again, behind the other.
    await others.come();
    others.clients[0][Symbol.dispose]();
    assert.equal(await others.clients[1].readText(), "x");
    assert.deepEqual(trial.eventTypes(), ["turned-away"]);
  });

  test("a client that resets while it waits loses its turn, one that shuts down does not", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [{ address: backend.address, maxc: 1 }], queue: LONG });
    using first = await trial.connect();
    assert.equal(await first.readText(), "x");
    using gone = await ResettingClient.connect(trial.port);
    await eventually("it waits", () => trial.table.queue!.waiting === 1);
    using others = new Waiting(trial);
    const patient = await others.come();
    await patient.finish();
    gone.reset();
    await eventually("it is noticed", () => trial.table.queue!.counts().left === 1);
    assert.equal(trial.table.queue!.waiting, 1);
    first[Symbol.dispose]();
    assert.equal(await patient.readAllText(), "x");
    await trial.idle();
    assert.equal(backend.accepted, 2);
  });

  test("with abortOnClose, a client that shuts down while it waits is dropped", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({
      channels: [{ address: backend.address, maxc: 1 }],
      queue: LONG,
      abortOnClose: true,
    });
    using first = await trial.connect();
    assert.equal(await first.readText(), "x");
    using others = new Waiting(trial);
    const client = await others.come();
    await client.finish();
    assert.equal((await client.readToEnd()).length, 0);
    assert.equal(trial.table.queue!.counts().left, 1);
    assert.deepEqual(trial.eventTypes(), []);
  });

  test("clients go on waiting while their channel is disabled, and after accepting has ended", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [{ address: backend.address, maxc: 1 }], queue: LONG });
    using first = await trial.connect();
    assert.equal(await first.readText(), "x");
    using others = new Waiting(trial);
    const one = await others.come(), two = await others.come();
    trial.table.disable(0, DisabledBy.OPERATOR);
    first[Symbol.dispose]();
    await eventually("its place is free", () => trial.table.current(0) === 0);
    assert.equal(trial.table.queue!.waiting, 2);
    trial.engine.stopAccepting();
    trial.table.enable(0, DisabledBy.OPERATOR);
    assert.equal(await one.readText(), "x");
    one[Symbol.dispose]();
    assert.equal(await two.readText(), "x");
    two[Symbol.dispose]();
    await trial.engine.ended;
  });

  test("a client whose turn leads to a dead channel keeps it for the next place", async (start) => {
    await using dying = namedBackend("dying");
    await using live = namedBackend("live");
    await using trial = await start({
      channels: [dying, live].map(({ address }) => ({ address, maxc: 1 })),
      queue: LONG,
    });
    using one = await trial.connect();
    assert.equal(await one.readText(), "dying");
    using two = await trial.connect();
    assert.equal(await two.readText(), "live");
    using others = new Waiting(trial);
    const first = await others.come(), second = await others.come();
    await dying.stopAccepting();
    one[Symbol.dispose]();
    // Both try it, one after the other.
    await eventually("both have failed", () => trial.counters(0).failed === 2n && trial.table.queue!.waiting === 2);
    two[Symbol.dispose]();
    assert.equal(await first.readText(), "live");
    assert.equal(trial.table.queue!.waiting, 1);
    first[Symbol.dispose]();
    assert.equal(await second.readText(), "live");
  });

  test("a client of a Hash group waits for its own channel at first, then takes any", async (start) => {
    await using one = namedBackend("one");
    await using two = namedBackend("two");
    const setup = {
      groups: [{ strategy: "hash" as const, channels: [one, two].map(({ address }) => ({ address, maxc: 1 })) }],
    };
    let own: string | null;
    {
      await using trial = await start({ ...setup, queue: LONG });
      using first = await trial.connect();
      own = await first.readText();
      using others = new Waiting(trial);
      const next = await others.come();
      assert.equal(one.accepted + two.accepted, 1);
      first[Symbol.dispose]();
      assert.equal(await next.readText(), own);
    }
    {
      await using trial = await start({ ...setup, queue: BRIEF });
      using first = await trial.connect();
      assert.equal(await first.readText(), own);
      using next = await trial.connect();
      assert.equal(await next.readText(), own === "one" ? "two" : "one");
      assert.equal(trial.table.queue!.counts().waited, 1);
    }
    {
      await using trial = await start({ ...setup, queue: LONG, hashFailover: true });
      using first = await trial.connect();
      assert.equal(await first.readText(), own);
      using next = await trial.connect();
      assert.equal(await next.readText(), own === "one" ? "two" : "one");
      assert.equal(trial.table.queue!.counts().waited, 0);
    }
    {
      await using trial = await start({ ...setup, queue: LONG });
      using first = await trial.connect();
      assert.equal(await first.readText(), own);
      using others = new Waiting(trial);
      const next = await others.come();
      trial.table.disable(own === "one" ? 0 : 1, DisabledBy.OPERATOR);
      assert.equal(await next.readText(), own === "one" ? "two" : "one");
    }
  });

  test("a client of a stable hash waits for its own channel at first, and another if that is disabled", async (start) => {
    await using one = namedBackend("one");
    await using two = namedBackend("two");
    const groups = [{ strategy: "stable" as const, channels: [one, two].map(({ address }) => ({ address, maxc: 1 })) }];
    for (const settings of [{ queue: BRIEF }, { queue: LONG }, { queue: LONG, disabled: true }]) {
      await using trial = await start({ groups, queue: settings.queue });
      for (const id of [0, 1]) trial.table.setIdentity(id, id + 1);
      using first = await trial.connect();
      const own = await first.readText();
      using next = await trial.connect();
      if (settings.queue === LONG) await eventually("it waits", () => trial.table.queue!.waiting === 1);
      if (settings.disabled) trial.table.disable(own === "one" ? 0 : 1, DisabledBy.OPERATOR);
      else if (settings.queue === LONG) first[Symbol.dispose]();
      const other = own === "one" ? "two" : "one";
      assert.equal(await next.readText(), settings.queue === LONG && !settings.disabled ? own : other);
    }
    for (const settings of [{ queue: 0, why: "full" }, { queue: LONG, why: "disabled" }]) {
      await using trial = await start({ groups, queue: settings.queue });
      for (const id of [0, 1]) trial.table.setIdentity(id, id + 1);
      using first = await trial.connect();
      const own = await first.readText();
      if (settings.why === "disabled") trial.table.disable(own === "one" ? 0 : 1, DisabledBy.OPERATOR);
      using next = await trial.connect();
      assert.equal(
        await next.readText(),
        own === "one" ? "two" : "one",
        `it gets the next best at once: ${settings.why}`,
      );
      assert.equal(trial.table.queue?.counts().waited ?? 0, 0);
    }
  });

  test("clients wait once the queue is switched on, and go on when it is switched off", async (start) => {
    await using backend = namedBackend("x");
    await using trial = await start({ channels: [{ address: backend.address, maxc: 1 }] });
    using first = await trial.connect();
    assert.equal(await first.readText(), "x");
    using tooSoon = await trial.connect();
    assert.equal((await tooSoon.readToEnd()).length, 0);
    assert.equal(trial.table.queue, undefined);
    await trial.change({ queue: LONG });
    using others = new Waiting(trial);
    const one = await others.come(), two = await others.come();
    await trial.change({ queue: 0 });
    using tooLate = await trial.connect();
    assert.equal((await tooLate.readToEnd()).length, 0);
    // It was accepted before there was a queue.
    first[Symbol.dispose]();
    assert.equal(await one.readText(), "x");
    one[Symbol.dispose]();
    assert.equal(await two.readText(), "x");
  });
}

/** Clients that come one after the other and wait. */
class Waiting implements Disposable {
  readonly clients: Client[] = [];
  readonly #trial: Trial;

  constructor(trial: Trial) {
    this.#trial = trial;
  }

  /** One more, who waits when this resolves. */
  async come(): Promise<Client> {
    const { queue } = this.#trial.table, before = queue!.waiting, client = await this.#trial.connect();
    this.clients.push(client);
    await eventually("it waits", () => queue!.waiting === before + 1);
    return client;
  }

  [Symbol.dispose](): void {
    for (const client of this.clients) client[Symbol.dispose]();
  }
}

async function read(connection: Deno.TcpConn): Promise<Uint8Array> {
  const buffer = new Uint8Array(16), length = await connection.read(buffer);
  return buffer.subarray(0, length ?? 0);
}
