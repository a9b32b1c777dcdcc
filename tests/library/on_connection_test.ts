import assert from "node:assert/strict";
import { Balancer, type RecordState } from "../../mod.ts";
import { closingBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { within } from "../support/eventually.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { linuxUnavailable } from "../../src/engine/linux/availability.ts";

/** Collects what a balancer tells of connections. */
class Told {
  readonly all: RecordState[] = [];
  #wake: () => void = () => {};

  readonly hear = (connection: RecordState): void => {
    this.all.push(connection);
    this.#wake();
  };

  /** Waits until there are so many. */
  async count(count: number): Promise<void> {
    while (this.all.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await within(30, `${count} connections are told of`, promise);
    }
  }
}

for (const engine of ["portable", "linux"] as const) {
  const unable = engine === "linux" ? linuxUnavailable() : undefined;

  Deno.test({
    name: `an embedding program hears of every connection that has ended, ${engine} engine`,
    ignore: unable !== undefined,
    fn: async () => {
      await using good = closingBackend("hello");
      using dead = await RefusingPort.take();
      const told = new Told();
      await using balancer = await Balancer.start({
        engine,
        port: 0,
        name: "good",
        hostname: "127.0.0.1",
        groups: [{ channels: [{ ...good.address, name: "one" }] }],
        onConnection: told.hear,
      });
      const bad = await balancer.serve({
        port: 0,
        name: "bad",
        hostname: "127.0.0.1",
        groups: [{ channels: [dead.address] }],
      });
      assert.equal(await Client.ask(balancer.address!.port), "hello");
      await told.count(1);
      assert.equal(await Client.ask(bad.address.port), null);
      await told.count(2);
      const [first, second] = told.all;
      assert.deepEqual([first.service, first.end, first.name, first.down], ["good", "closed", "one", 5]);
      assert.deepEqual([second.service, second.end, second.channel], ["bad", "refused", null]);
      assert.deepEqual(second.attempts.map(({ result }) => result), ["refused"]);
      assert.notEqual(first.id, second.id);
    },
  });
}

Deno.test("what an embedding program throws while it hears of a connection harms nothing", async () => {
  await using backend = closingBackend("hello");
  const told = new Told(), errors: unknown[] = [];
  const report = (event: ErrorEvent) => {
    event.preventDefault();
    errors.push(event.error.message);
  };
  addEventListener("error", report);
  try {
    await using balancer = await Balancer.start({
      engine: "portable",
      port: 0,
      hostname: "127.0.0.1",
      groups: [{ channels: [backend.address] }],
      onConnection: (connection) => {
        told.hear(connection);
        throw new Error("mine");
      },
    });
    for (let i = 1; i <= 2; i++) {
      assert.equal(await Client.ask(balancer.address!.port), "hello");
      await told.count(i);
    }
  } finally {
    removeEventListener("error", report);
  }
  assert.deepEqual(errors, ["mine", "mine"]);
});
