/** Half-closed connections whose ended side is gone, and others where it waits. Run where sockets are forgotten soon. */
import assert from "node:assert/strict";
import type { RawSocket } from "./raw_socket.ts";
import { withEngine } from "./with_engine.ts";

const REQUEST = new TextEncoder().encode("request"), ANSWER = new TextEncoder().encode("answer");

await withEngine(async ({ engine, pair, until }) => {
  const waiting = pair(), sending = pair(), held: RawSocket[] = [...waiting, ...sending];
  for (const [asks, answers] of [waiting, sending.toReversed()]) {
    asks.send(REQUEST);
    asks.shutdown();
    answers.receiveBytes(REQUEST.length);
    assert.equal(answers.receive(), "end");
  }
  // The second round outlives what a connection that is taken for gone after some probes would.
  for (let round = 0; round < 2; round++) {
    const [client, silent] = pair(), [patient, server] = pair();
    client.send(REQUEST);
    client.close();
    server.send(ANSWER);
    server.close();
    held.push(silent, patient);
    await until(() => engine.connections === 2);
    assert.deepEqual(silent.receiveAll(), { bytes: REQUEST, end: "end" });
    assert.deepEqual(patient.receiveAll(), { bytes: ANSWER, end: "end" });
  }
  waiting[1].send(ANSWER);
  sending[0].send(ANSWER);
  assert.deepEqual(waiting[0].receiveBytes(ANSWER.length), ANSWER);
  assert.deepEqual(sending[1].receiveBytes(ANSWER.length), ANSWER);
  for (const socket of held) socket.close();
}, { halfCloseTimeout: 0, halfCloseProbes: { after: 1, every: 1 } });
