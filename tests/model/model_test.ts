/** Random sequences of events: after each, the table of the real balancer matches a simple model. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { EngineName } from "../../mod.ts";
import { openDescriptors } from "../../src/process/descriptors.ts";
import { parameters } from "../fuzz/parameters.ts";
import { eventually } from "../support/eventually.ts";
import { linux, testWith } from "../support/requirements.ts";
import { steps } from "./steps.ts";
import { Subject } from "./subject.ts";
import { TableModel } from "./table_model.ts";

const GROUPS = [[0, 1], [2]], BACKENDS = 4;

const commands = fc.commands(steps(BACKENDS), { maxCommands: 60, size: "+1" });

async function check(engine: EngineName, threads: number): Promise<void> {
  // The runtime keeps a few descriptors from the first thread and the first connection on; a leak grows with each run.
  await (await Subject.start({ engine, threads, autodisable: false, hashFailover: false }, GROUPS, BACKENDS))
    [Symbol.asyncDispose]();
  const before = openDescriptors() ?? 0;
  await fc.assert(
    fc.asyncProperty(commands, fc.boolean(), fc.boolean(), async (commands, autodisable, hashFailover) => {
      await using subject = await Subject.start({ engine, threads, autodisable, hashFailover }, GROUPS, BACKENDS);
      const model = new TableModel(GROUPS, BACKENDS, autodisable, hashFailover);
      await fc.asyncModelRun(() => ({ model, real: subject }), commands);
      // Everybody leaves, so nothing is held any more.
      for (const [connection, client] of [...subject.clients]) {
        client[Symbol.dispose]();
        subject.clients.delete(connection);
        model.closed(connection);
      }
      await subject.agrees(model);
      assert.equal(subject.balancer.connections, 0);
      for (const { channels } of subject.balancer.show()) for (const { current } of channels) assert.equal(current, 0);
    }),
    parameters(40),
  );
  // The runtime ends threads in its own time.
  await eventually("every descriptor is closed", () => (openDescriptors() ?? 0) <= before);
}

Deno.test("the portable engine's table matches the model after every event", () => check("portable", 1));

testWith(
  [linux],
  "the linux engine's table, with two threads, matches the model after every event",
  () => check("linux", 2),
);
