/** Connections that did not end well, as an embedding program sees them. */
import assert from "node:assert/strict";
import { Balancer, type FailuresState } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import { pause } from "../support/eventually.ts";
import { answerOn } from "../support/file_instance.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { linux, testWith } from "../support/requirements.ts";

for (const engine of ENGINES) {
  testWith(engine === "linux" ? [linux] : [], `library, ${engine} engine: failures are remembered`, async () => {
    using dead = await RefusingPort.take();
    await using balancer = await Balancer.start({
      engine,
      port: 0,
      hostname: "127.0.0.1",
      groups: [{ channels: [{ ...dead.address, name: "dead" }] }],
    });
    assert.deepEqual(await balancer.failures(), { failed: [], ended: {}, lost: 0 });
    for (let i = 0; i < 2; i++) await answerOn(balancer.address.port).catch(() => {});
    let state: FailuresState = await balancer.failures();
    for (; state.failed.length < 2; state = await balancer.failures()) await pause(1);
    assert.deepEqual([state.ended, state.lost], [{ refused: 2 }, 0]);
    const [first, last] = state.failed;
    assert.deepEqual([last.end, last.attempts[0].result, last.service], [
      "refused",
      "refused",
      balancer.services[0].name,
    ]);
    assert.notEqual(first.id, last.id);
    assert.deepEqual((await balancer.failures(1)).failed, [last]);
    await assert.rejects(balancer.failures(-1), { name: "RangeError", message: /count/ });
    await assert.rejects(balancer.failures("x" as never), { name: "TypeError", message: /count/ });
  });
}
