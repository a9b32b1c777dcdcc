import assert from "node:assert/strict";
import { closingBackend, namedBackend } from "../../support/backends.ts";
import type { Client } from "../../support/client.ts";
import { eventually, pause } from "../../support/eventually.ts";
import { DisabledBy } from "../../../src/table/table.ts";
import { ResettingClient } from "../../support/resetting.ts";
import { RefusingPort } from "../../support/refusing_port.ts";
import type { ContractTest } from "../suite.ts";
import { RESERVE, type Trial } from "../trial.ts";

const CLIENTS = 200;

/**
 * Clients that come one after another, and how many of them must be served: all, except those that come while the
 * thread that must notice the end of the previous client gets no processor for as long as they wait. On a busy machine
 * that happens more often, so that there are a few attempts.
 */
const SEQUENCE = 300, SERVED = 290, ATTEMPTS = 5;

export function limits(test: ContractTest): void {
  test(`${CLIENTS} clients at the same time fill each channel up to its limit and never beyond`, async (start) => {
    await using a = namedBackend("a");
    await using b = namedBackend("b");
    await using trial = await start({ channels: [{ address: a.address, maxc: 10 }, { address: b.address, maxc: 7 }] });
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => trial.connect()));
    const answers = await Promise.all(clients.map((client) => client.readText()));
    assert.deepEqual(count(answers), { a: 10, b: 7, none: CLIENTS - 17 });
    assert.deepEqual([a.most, b.most, a.accepted, b.accepted], [10, 7, 10, 7]);
    assert.deepEqual([trial.table.current(0), trial.table.current(1)], [10, 7]);
    for (const client of clients) client[Symbol.dispose]();
    await trial.idle();
  });

  test(`${CLIENTS} clients that keep coming back until they are served never exceed a limit`, async (start) => {
    await using a = namedBackend("a");
    await using b = namedBackend("b");
    await using trial = await start({ channels: [{ address: a.address, maxc: 3 }, { address: b.address, maxc: 5 }] });
    await Promise.all(Array.from({ length: CLIENTS }, async () => {
      for (;;) {
        using client = await trial.connect();
        if (await client.readText() === null) continue;
        await client.finish();
        assert.equal(await client.readText(), null);
        return;
      }
    }));
    assert.equal(a.accepted + b.accepted, CLIENTS);
    assert.deepEqual([a.most, b.most], [3, 5]);
    await trial.idle();
  });

  for (const [who, backend] of [["the client", namedBackend], ["the back end", closingBackend]] as const) {
    test(`each of a sequence of clients gets the place of the one before: ${who} ends first`, async (start) => {
      await using a = backend("a");
      await using trial = await start({ channels: [{ address: a.address, maxc: 1 }] });
      const { served } = await sequences(() => visit(trial, who === "the client"));
      assert.equal(a.accepted, served);
      await trial.idle();
    });
  }

  test("as many clients at a time as the limit allows are all served, again and again", async (start) => {
    await using a = namedBackend("a");
    await using b = namedBackend("a");
    await using trial = await start({ channels: [{ address: a.address, maxc: 2 }, { address: b.address, maxc: 3 }] });
    await sequences(() => visit(trial), 5);
    assert.ok(a.most <= 2 && b.most <= 3);
    await trial.idle();
  });

  test("a client also waits for a place when the other channels have failed, and tries those once", async (start) => {
    await using backend = namedBackend("a");
    using dead = await RefusingPort.take();
    await using trial = await start({
      groups: [{ channels: [{ address: backend.address, maxc: 1 }, dead] }, { channels: [dead] }],
    });
    const { clients } = await sequences(() => visit(trial));
    await trial.idle();
    for (const id of [1, RESERVE]) {
      const { total, failed } = trial.counters(id);
      assert.equal(total, failed);
      assert.ok(total <= clients, `channel ${id} was asked ${total} times`);
    }
  });

  test("a client is turned away from a channel that stays full, and leaves nothing behind", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [{ address: backend.address, maxc: 1 }] });
    using holder = await trial.connect();
    assert.equal(await holder.readText(), "a");
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => trial.connect()));
    // Some reset while they wait for a place.
    for (let i = 0; i < 20; i++) (await ResettingClient.connect(trial.port)).reset();
    for (const client of clients) {
      assert.equal(await client.readText(), null);
      client[Symbol.dispose]();
    }
    assert.deepEqual([backend.accepted, trial.counters(0).total], [1, 1n]);
    await eventually("only the holder is left", () => trial.engine.connections === 1);
    await holder.finish();
    assert.equal(await holder.readText(), null);
    assert.ok(await visit(trial));
  });

  test("clients beyond a group's limits go to the next group", async (start) => {
    await using near = namedBackend("near");
    await using far = namedBackend("far");
    await using trial = await start({
      groups: [{ channels: [{ address: near.address, maxc: 2 }] }, { channels: [far] }],
    });
    const clients: Client[] = [], answers: (string | null)[] = [];
    for (let i = 0; i < 4; i++) {
      clients.push(await trial.connect());
      answers.push(await clients[i].readText());
    }
    assert.deepEqual(answers, ["near", "near", "far", "far"]);
    clients[0][Symbol.dispose]();
    await eventually("a connection is free again", () => trial.table.current(0) === 1);
    using again = await trial.connect();
    assert.equal(await again.readText(), "near");
    for (const client of clients) client[Symbol.dispose]();
  });

  test("a limit changed at run time holds from then on", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend] });
    using first = await trial.connect();
    assert.equal(await first.readText(), "a");
    trial.table.setMaxc(0, 1);
    using second = await trial.connect();
    assert.equal(await second.readText(), null);
    trial.table.setMaxc(0, 2);
    using third = await trial.connect();
    assert.equal(await third.readText(), "a");
  });

  test("a disabled channel gets no new connection and keeps those it has", async (start) => {
    await using a = namedBackend("a");
    await using b = namedBackend("b");
    await using trial = await start({ channels: [a, b] });
    using before = await trial.connect();
    assert.equal(await before.readText(), "a");
    trial.table.disable(0, DisabledBy.OPERATOR);
    for (let i = 0; i < 5; i++) {
      using client = await trial.connect();
      assert.equal(await client.readText(), "b");
    }
    assert.equal(a.open, 1);
    await before.finish();
    assert.equal(await before.readText(), null);
    trial.table.enable(0, DisabledBy.OPERATOR);
    const answers = new Set<string | null>();
    for (let i = 0; i < 2; i++) {
      using client = await trial.connect();
      answers.add(await client.readText());
    }
    assert.deepEqual([...answers].sort(), ["a", "b"]);
  });

  test("a channel added at run time is used", async (start) => {
    await using a = namedBackend("a");
    await using trial = await start({});
    using before = await trial.connect();
    assert.equal(await before.readText(), null);
    trial.table.addChannel(0, a.address);
    using after = await trial.connect();
    assert.equal(await after.readText(), "a");
  });

  test("clients beyond the maximum wait, and are served when others leave", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend], maxConnections: 3 });
    const clients = await Promise.all(Array.from({ length: 10 }, () => trial.connect()));
    const served: Client[] = [];
    for (const client of clients) client.readText().then((text) => text === "a" && served.push(client), () => {});
    for (let gone = 0; gone < clients.length; gone++) {
      await eventually("the next client is served", () => served.length > gone);
      assert.ok(trial.engine.connections <= 3, `${trial.engine.connections} connections are served`);
      if (gone === 0) {
        await eventually("it says that it serves no more", () => trial.eventTypes().includes("saturated"));
        await eventually("three are served", () => served.length === 3);
        assert.deepEqual([trial.engine.connections, backend.open], [3, 3]);
      }
      served[gone][Symbol.dispose]();
    }
    await trial.idle();
    assert.deepEqual([backend.accepted, backend.most], [10, 3]);
  });

  test("clients that reset while they wait are no shortage and delay nobody", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend], maxConnections: 1 });
    using first = await trial.connect();
    assert.equal(await first.readText(), "a");
    for (let i = 0; i < 50; i++) (await ResettingClient.connect(trial.port)).reset();
    using last = await trial.connect();
    first[Symbol.dispose]();
    assert.equal(await last.readText(), "a");
    assert.deepEqual(trial.eventTypes().filter((type) => type !== "saturated"), []);
  });

  test("clients wait in the queue while accepting is paused, and are served afterwards", async (start) => {
    await using backend = namedBackend("a");
    await using trial = await start({ channels: [backend] });
    trial.engine.pauseAccepting();
    // One client may be accepted: the engine was already waiting for it.
    const clients = await Promise.all(Array.from({ length: 10 }, () => trial.connect()));
    await pause(200);
    assert.ok(trial.engine.connections <= 1, `${trial.engine.connections} clients were accepted`);
    trial.engine.resumeAccepting();
    for (const client of clients) {
      assert.equal(await client.readText(), "a");
      client[Symbol.dispose]();
    }
    assert.deepEqual(trial.eventTypes(), []);
    await trial.idle();
  });
}

/** A client that reads everything to the end and closes; returns whether it was served. */
async function visit(trial: Trial, endsFirst = true): Promise<boolean> {
  using client = await trial.connect();
  if (await client.readText() === null) return false;
  if (endsFirst) await client.finish();
  assert.equal(await client.readText(), null);
  return true;
}

/**
 * Lets clients come in sequences until enough of one sequence are served.
 *
 * @param abreast how many come at a time, default 1
 * @returns how many came in all, and how many were served
 */
async function sequences(visit: () => Promise<boolean>, abreast = 1): Promise<{ clients: number; served: number }> {
  const each: number[] = [];
  do {
    let served = 0;
    await Promise.all(Array.from({ length: abreast }, async () => {
      for (let i = 0; i < SEQUENCE / abreast; i++) if (await visit()) served++;
    }));
    each.push(served);
  } while (each.at(-1)! < SERVED && each.length < ATTEMPTS);
  assert.ok(each.at(-1)! >= SERVED, `${each} of ${SEQUENCE} were served`);
  return { clients: each.length * SEQUENCE, served: each.reduce((sum, served) => sum + served, 0) };
}

function count(answers: readonly (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer ?? "none"] = (counts[answer ?? "none"] ?? 0) + 1;
  return counts;
}
