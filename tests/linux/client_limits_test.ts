import assert from "node:assert/strict";
import { startLinux } from "../../src/engine/linux/linux.ts";
import { Trial } from "../contract/trial.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { ClientFrom } from "../support/client_from.ts";
import { ResettingClient } from "../support/resetting.ts";
import { unavailable } from "./with_engine.ts";

const ignore = unavailable !== undefined;

Deno.test({ name: "after 10,000 connections that came and went in every way, no client has one", ignore }, async () => {
  await using backend = namedBackend("a");
  await using trial = await Trial.start(startLinux, 3, { channels: [backend], asks: { maxPerClient: 3 } });
  let served = 0, refused = 0, gone = 0;
  await Promise.all(Array.from({ length: 25 }, async (_, worker) => {
    for (let i = 0; i < 400; i++) {
      const from = `127.0.${i % 3}.${2 + worker % 5}`;
      if (i % 5 === 0) {
        using client = await ResettingClient.connect(trial.port, { from });
        client.reset();
        gone++;
      } else if (i % 5 === 1) {
        // The operator closes all, while others come.
        using client = await Client.connect(trial.port);
        if (i % 50 === 1) await trial.engine.service.close(0);
        await client.readText().catch(() => null) === null ? refused++ : served++;
      } else {
        await using client = await ClientFrom.connect(from, trial.port);
        await client.hear() === "a" ? served++ : refused++;
      }
    }
  }));
  await trial.idle();
  assert.equal(served + refused + gone, 10_000);
  assert.ok(served > 1000, `${served} were served`);
  const left: number[] = [];
  trial.clients.forEach(({ connections }) => left.push(connections));
  assert.ok(left.every((connections) => connections === 0), `${left}`);
  assert.equal(trial.clients.uncounted, 0);
});
