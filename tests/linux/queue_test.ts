import assert from "node:assert/strict";
import { startLinux } from "../../src/engine/linux/linux.ts";
import { SharedTrial } from "../contract/shared_trial.ts";
import { namedBackend } from "../support/backends.ts";
import type { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { linux, testWith } from "../support/requirements.ts";
import { breakPoller, watchers } from "./pollers.ts";

testWith(
  [linux],
  "clients that wait in a thread that dies leave the queue, and the others are served in order",
  async () => {
    await using backend = namedBackend("x");
    await using trial = await SharedTrial.start(startLinux, 3);
    const service = await trial.serve({ channels: [{ address: backend.address, maxc: 1 }], queue: 3600 });
    const queue = service.table.queue!, clients: Client[] = [];
    const come = async (there: () => boolean) => {
      const client = await service.connect();
      clients.push(client);
      await eventually("it has come", there);
    };
    await come(() => service.table.current(0) === 1);
    // So many that each thread has some: none takes more than its fair share and a few.
    const count = 60;
    for (let i = 0; i < count; i++) await come(() => queue.waiting === i + 1);
    breakPoller(watchers(service.ports[0])[0]);
    // Wakes every thread.
    await service.change({ queue: 3600 });
    await eventually("it has died", () => trial.events.some(({ type }) => type === "thread-crashed"));
    const answers = clients.map((client) => client.readText().catch(() => null));
    // Each that has been served makes room for the next.
    const order: number[] = [];
    answers.forEach((answer, i) => answer.then((text) => text === "x" && order.push(i)));
    for (let next = 0; queue.waiting > 0 || next < order.length;) {
      await eventually("one more is served", () => order.length > next);
      clients[order[next++]][Symbol.dispose]();
      await eventually("its place is taken", () => queue.waiting === 0 || order.length > next);
    }
    const served = (await Promise.all(answers)).filter((text) => text === "x").length;
    assert.deepEqual(order, order.toSorted((a, b) => a - b));
    assert.equal(order.length, served);
    assert.ok(order.length < clients.length, "some were the dead thread's");
    for (const client of clients) client[Symbol.dispose]();
    await service.idle();
  },
);
