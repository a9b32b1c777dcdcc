import assert from "node:assert/strict";
import { DisabledBy } from "../../../src/table/table.ts";
import { BlackHole, hasBlackHoles } from "../../support/black_hole.ts";
import { digestBackend, namedBackend } from "../../support/backends.ts";
import { eventually, later } from "../../support/eventually.ts";
import { digestOf, pattern } from "../../support/pattern.ts";
import { RefusingPort } from "../../support/refusing_port.ts";
import { ResettingClient } from "../../support/resetting.ts";
import type { ContractTest } from "../suite.ts";
import { ask, RESERVE } from "../trial.ts";

const MB = 1_000_000;

/** Seconds for a connect to a black hole: long enough for a busy machine to answer on loopback. */
const BRIEF = 0.5;

const noBlackHoles = !hasBlackHoles && "a full queue refuses connections here";

export function failover(test: ContractTest): void {
  for (const source of [undefined, "127.0.0.1"]) {
    const how = source ? `, from source address ${source}` : "";

    test(`when a channel refuses, the next is tried${how}`, async (start) => {
      using dead = await RefusingPort.take();
      await using live = namedBackend("live");
      await using trial = await start({ channels: [dead, live], source });
      assert.equal(await ask(trial), "live");
      await trial.idle();
      assert.deepEqual([trial.counters(0).total, trial.counters(0).failed], [1n, 1n]);
      assert.deepEqual([trial.counters(1).total, trial.counters(1).failed], [1n, 0n]);
    });

    test(`a channel that does not answer is given up after the connect timeout${how}`, async (start) => {
      using dead = await BlackHole.open();
      await using live = namedBackend("live");
      await using trial = await start({ channels: [dead, live], source, connectTimeout: BRIEF });
      assert.equal(await ask(trial), "live");
      await trial.idle();
      assert.equal(trial.counters(0).failed, 1n);
    }, noBlackHoles);

    test(`a client whose channels all fail is closed with nothing sent${how}`, async (start) => {
      using first = await RefusingPort.take();
      using second = await RefusingPort.take();
      await using trial = await start({ groups: [{ channels: [first, second] }, { channels: [first] }], source });
      using client = await trial.connect();
      const { length } = await client.readToEnd();
      assert.equal(length, 0);
      await trial.idle();
      for (const id of [0, 1, RESERVE]) {
        const { total, failed, sent, rcvd } = trial.counters(id);
        assert.deepEqual([total, failed, sent, rcvd], [1n, 1n, 0n, 0n]);
      }
    });
  }

  test("a client is closed with nothing sent when there is no channel at all", async (start) => {
    await using trial = await start({});
    using client = await trial.connect();
    assert.equal((await client.readToEnd()).length, 0);
  });

  test("when a whole group fails, the next group is tried", async (start) => {
    using dead = await RefusingPort.take();
    await using live = namedBackend("reserve");
    await using trial = await start({ groups: [{ channels: [dead, dead] }, { channels: [live] }] });
    assert.equal(await ask(trial), "reserve");
    await trial.idle();
    assert.deepEqual([0, 1, RESERVE].map((id) => trial.counters(id).total), [1n, 1n, 1n]);
  });

  test("each of several channels that do not answer gets the whole connect timeout", async (start) => {
    using hole = await BlackHole.open();
    await using live = namedBackend("live");
    await using trial = await start({ channels: [hole, hole, live], connectTimeout: BRIEF });
    assert.equal(await ask(trial), "live");
    await trial.idle();
    assert.deepEqual([0, 1, 2].map((id) => trial.counters(id).failed), [1n, 1n, 0n]);
  }, noBlackHoles);

  for (const settings of [{ autodisable: true }, { failTimeout: 3600 }, {}]) {
    const how = Object.keys(settings).map((name) => `, with ${name}`).join();

    test(`a failed connect to the old address says nothing about the channel's new one${how}`, async (start) => {
      using hole = await BlackHole.open();
      await using live = namedBackend("live");
      await using trial = await start({ channels: [hole], connectTimeout: 60, ...settings });
      using waiting = await trial.connect();
      await hole.tried();
      trial.table.disable(0, DisabledBy.OPERATOR);
      trial.table.setAddress(0, live.address);
      trial.table.enable(0, DisabledBy.OPERATOR);
      hole.refuse();
      assert.equal((await waiting.readToEnd()).length, 0);
      await trial.idle();
      assert.equal(trial.counters(0).failed, 1n);
      assert.deepEqual([trial.table.disabledBy(0), trial.table.failing(0)], [0, false]);
      assert.equal(await ask(trial), "live");
      assert.deepEqual(trial.eventTypes(0), []);
    }, noBlackHoles);
  }

  test("a successful connect to the old address does not hide that the new one fails", async (start) => {
    using hole = await BlackHole.open();
    using dead = await RefusingPort.take();
    await using trial = await start({ channels: [hole], connectTimeout: 60, trace: true });
    using _waiting = await trial.connect();
    await hole.tried();
    trial.table.setAddress(0, dead.address);
    using turnedAway = await trial.connect();
    assert.equal((await turnedAway.readToEnd()).length, 0);
    assert.ok(trial.table.failing(0));
    hole.answer();
    await eventually(
      "the first client is connected",
      () => trial.events.some((event) => event.type === "trace" && event.step === "connected"),
    );
    assert.ok(trial.table.failing(0));
    assert.deepEqual(trial.eventTypes(0).filter((type) => type !== "trace"), ["channel-failing"]);
  }, noBlackHoles);

  test("others are served while a channel does not answer", async (start) => {
    using hole = await BlackHole.open();
    await using live = namedBackend("live");
    await using trial = await start({ channels: [hole, live], connectTimeout: 60 });
    using waiting = await trial.connect();
    await eventually("the channel is being tried", () => trial.table.current(0) === 1);
    trial.table.setMaxc(0, 1);
    for (let i = 0; i < 20; i++) assert.equal(await ask(trial), "live");
    assert.equal(trial.table.current(0), 1);
    waiting[Symbol.dispose]();
  }, noBlackHoles);

  test("bytes and an end-of-stream that come before the channel is connected are not lost", async (start) => {
    using hole = await BlackHole.open();
    await using live = digestBackend();
    await using trial = await start({ channels: [hole, live], connectTimeout: BRIEF });
    using client = await trial.connect();
    const bytes = pattern(MB);
    const answer = later(client.readAllText());
    await client.send(bytes);
    await client.finish();
    assert.deepEqual(JSON.parse(await answer), digestOf(bytes));
  }, noBlackHoles);

  test("a client that resets while its channel is being connected gives the channel back", async (start) => {
    using hole = await BlackHole.open();
    await using trial = await start({ channels: [hole], connectTimeout: BRIEF });
    using client = await ResettingClient.connect(trial.port);
    await eventually("the channel is being tried", () => trial.table.current(0) === 1);
    client.reset();
    await trial.idle();
  }, noBlackHoles);

  test("a client that is gone before its channel accepts also gives the next channel back", async (start) => {
    using hole = await BlackHole.open();
    await using live = namedBackend("live");
    await using trial = await start({ channels: [hole, live], connectTimeout: BRIEF });
    using client = await ResettingClient.connect(trial.port);
    await eventually("the channel is being tried", () => trial.table.current(0) === 1);
    client.reset();
    await trial.idle();
    await eventually("the backend's connection has ended", () => live.open === 0);
  }, noBlackHoles);

  test("clients that leave at once give every channel back", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend] });
    await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      if (i % 2 === 0) (await trial.connect())[Symbol.dispose]();
      else (await ResettingClient.connect(trial.port)).reset();
    }));
    // Served after the others, which waited in the same queue.
    assert.equal(await ask(trial), "a");
    await trial.idle();
    await eventually("the backend's connections have ended", () => backend.open === 0);
  });

  test("flapping channels cost no client its connection as long as one channel works", async (start) => {
    using dead = await RefusingPort.take();
    await using first = namedBackend("live");
    await using second = namedBackend("live");
    await using trial = await start({ channels: [first, second] });
    const addresses = [first.address, second.address];
    for (let i = 0; i < 100; i++) {
      trial.table.setAddress(i % 2, dead.address);
      trial.table.setAddress((i + 1) % 2, addresses[(i + 1) % 2]);
      assert.equal(await ask(trial), "live", `connection ${i}`);
    }
    await trial.idle();
  });

  test("Round Robin gives each working channel its turn", async (start) => {
    using dead = await RefusingPort.take();
    await using a = namedBackend("a");
    await using b = namedBackend("b");
    await using c = namedBackend("c");
    await using trial = await start({ channels: [a, dead, b, c] });
    const answers: string[] = [];
    for (let i = 0; i < 9; i++) answers.push(await ask(trial));
    assert.deepEqual(answers, ["a", "b", "c", "a", "b", "c", "a", "b", "c"]);
  });

  test("a Hash group fails over inside the group only if allowed to", async (start) => {
    using dead = await RefusingPort.take();
    await using near = namedBackend("near");
    await using far = namedBackend("far");
    for (const hashFailover of [false, true]) {
      await using trial = await start({
        hashFailover,
        groups: [{ strategy: "hash", channels: [near, near] }, { channels: [far] }],
      });
      assert.equal(await ask(trial), "near");
      await trial.idle();
      const mine = trial.counters(0).total === 1n ? 0 : 1;
      trial.table.setAddress(mine, dead.address);
      assert.equal(await ask(trial), hashFailover ? "near" : "far");
    }
  });
}
