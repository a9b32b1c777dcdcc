import assert from "node:assert/strict";
import { namedBackend } from "../../support/backends.ts";
import type { ContractTest } from "../suite.ts";
import { ask } from "../trial.ts";

export function warming(test: ContractTest): void {
  test("a channel gets as many clients as its share says, and all of them once it has all of its weight", async (start) => {
    await using slow = namedBackend("slow");
    await using other = namedBackend("other");
    await using trial = await start({ channels: [slow, other], slowStart: 1 });
    const served = async (clients: number) => {
      let count = 0;
      for (let i = 0; i < clients; i++) if (await ask(trial) === "slow") count++;
      return count;
    };
    trial.table.setShare(0, 0.25);
    // Each client of the slow one is worth four of the other one.
    assert.equal(await served(40), 8);
    trial.table.setShare(0, 1);
    assert.equal(await served(10), 5);
    trial.table.setShare(0, 0.25);
    await trial.change({ slowStart: 0 });
    assert.equal(await served(10), 5);
  });
}
