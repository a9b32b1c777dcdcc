/** `slowStart` from one end to the other: who gets which clients, by count. */
import assert from "node:assert/strict";
import { Balancer } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { linux, testWith } from "../support/requirements.ts";

/** Clients with which a channel that has a tenth of its share is told apart from one that has all. */
const CLIENTS = 55;

/** How many of so many clients, one after another, get the second of two channels. */
async function servedBySecond(balancer: Balancer): Promise<number> {
  let count = 0;
  for (let i = 0; i < CLIENTS; i++) {
    using client = await Client.connect(balancer.address.port);
    await client.finish();
    if (await client.readAllText() === "two") count++;
  }
  return count;
}

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [],
    `library, ${engine} engine: a channel that comes back gets a tenth of its share at first, and all of it in the end`,
    async () => {
      await using one = namedBackend("one");
      await using two = namedBackend("two");
      for (const [strategy, slowStart] of [["rr", 10_000], ["least", 10_000], ["rr", 0.1]] as const) {
        await using balancer = await Balancer.start({
          engine,
          hostname: "127.0.0.1",
          port: 0,
          slowStart,
          groups: [{ strategy, channels: [one, two].map(({ port }) => ({ host: "127.0.0.1", port })) }],
        });
        const all = await servedBySecond(balancer);
        assert.ok(all >= 27 && all <= 28, `it has all of its share at the start: ${all}`);
        balancer.disable(0, 1);
        assert.equal(await servedBySecond(balancer), 0);
        balancer.enable(0, 1);
        if (slowStart < 1) await eventually("it has all", () => balancer.groups.table.share(1) === 1);
        const found = await servedBySecond(balancer);
        // A tenth against a whole: 5 of 55. A minute of the time would make it 6.
        if (slowStart > 1) assert.ok(found >= 4 && found <= 7, `${strategy}: ${found}`);
        else assert.ok(found >= 27 && found <= 28, `${found}`);
      }
    },
  );
}
