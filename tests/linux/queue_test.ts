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
    const service = await trial.serve({ channels: [{ address: backend.address, maxc: 2 }], queue: 3600 });
    const queue = service.table.queue!, clients: Client[] = [];
    const come = async (there: () => boolean) => {
      const client = await service.connect();
      clients.push(client);
      await eventually("it has come", there);
    };
    for (let i = 0; i < 2; i++) await come(() => service.table.current(0) === i + 1);
    const count = 24;
    for (let i = 0; i < count; i++) await come(() => queue.waiting === i + 1);
    breakPoller(watchers(service.ports[0])[0]);
    // Wakes every thread.
    await service.change({ queue: 3600 });
    await eventually("it has died", () => trial.events.some(({ type }) => type === "thread-crashed"));
    const alive = clients.map(() => true),
      gone = (client: Client, i: number) =>
        client.readText().catch(() => null)
          .then((text) => text ?? (alive[i] = false));
    const answers = clients.map(gone);
    // Each that has been served makes room for the next.
    const order: number[] = [];
    answers.forEach((answer, i) => answer.then((text) => text === "x" && order.push(i)));
    for (let served = 0; queue.waiting > 0 || served < order.length;) {
      await eventually("one more is served", () => order.length > served);
      clients[order[served++]][Symbol.dispose]();
      await eventually("its place is taken", () => queue.waiting === 0 || order.length > served);
    }
    await Promise.all(answers);
    assert.deepEqual(order.filter((i) => i >= 2), order.filter((i) => i >= 2).toSorted((a, b) => a - b));
    assert.equal(order.length, alive.filter(Boolean).length);
    assert.ok(order.length < clients.length, "some were the dead thread's");
    for (const client of clients) client[Symbol.dispose]();
    await service.idle();
  },
);
