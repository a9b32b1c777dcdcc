import assert from "node:assert/strict";
import { NONE } from "../../../src/table/channel_id.ts";
import { KIND } from "../../../src/table/statistics/statistics.ts";
import { Backend } from "../../support/backend.ts";
import { closingBackend, digestBackend } from "../../support/backends.ts";
import { Client } from "../../support/client.ts";
import { eventually, pause } from "../../support/eventually.ts";
import { RefusingPort } from "../../support/refusing_port.ts";
import { readChunks, writeAll } from "../../support/streams.ts";
import type { ContractTest } from "../suite.ts";

/** What a service's statistics say of its connections. */
export function statistics(test: ContractTest): void {
  test("times and bytes of connections are counted for the group, and times for the channel", async (start) => {
    await using backend = digestBackend();
    await using trial = await start({ channels: [backend] });
    for (let i = 0; i < 20; i++) {
      using client = await trial.connect();
      await client.send(new Uint8Array(1000));
      await client.finish();
      await client.readToEnd();
    }
    await trial.idle();
    const { statistics } = trial, { rcvd } = trial.counters(0);
    for (const kind of [KIND.CONNECT, KIND.FIRST_BYTE, KIND.DURATION]) {
      const { count, sum } = statistics.histogram(0, kind);
      assert.equal(count, 20);
      assert.ok(sum > 0);
    }
    assert.equal(statistics.histogram(0, KIND.QUEUE).count, 0);
    assert.equal(statistics.histogram(0, KIND.UP).sum, 20_000);
    assert.equal(statistics.histogram(0, KIND.DOWN).sum, Number(rcvd));
    assert.equal(statistics.times(0, KIND.CONNECT).length, 20);
    assert.equal(statistics.times(0, KIND.FIRST_BYTE).length, 20);
    assert.equal(statistics.ended("closed"), 20);
    const { connections, failures } = statistics.lastMinute(trial.engine.engine.now());
    assert.equal(connections.reduce((sum, each) => sum + each), 20);
    assert.equal(failures.reduce((sum, each) => sum + each), 0);
  });

  test("times are as long as it took", async (start) => {
    await using backend = new Backend(async (connection) => {
      await pause(300);
      await writeAll(connection, new TextEncoder().encode("late"));
      await connection.closeWrite();
      await readChunks(connection, () => {});
    });
    await using trial = await start({ channels: [backend] });
    assert.equal(await Client.ask(trial.port), "late");
    await trial.idle();
    const [time] = trial.statistics.times(0, KIND.FIRST_BYTE);
    // Samples are 6 % off at most.
    assert.ok(time >= 270, `${time} ms`);
    assert.ok(trial.statistics.histogram(0, KIND.DURATION).percentile(0.5) >= 270);
  });

  test("new connections have a rate, of the service and of each channel", async (start) => {
    await using backend = closingBackend("a");
    await using trial = await start({ channels: [backend] });
    for (let i = 0; i < 20; i++) assert.equal(await Client.ask(trial.port), "a");
    const { statistics, engine: { engine } } = trial;
    // They may have come on both sides of a second's end, but all within the last two.
    assert.ok(statistics.rate(0, engine.now()) > 0 && statistics.rate(NONE, engine.now()) > 0);
    assert.ok(statistics.rate(0, engine.now()) <= 20);
    assert.equal(statistics.rate(1, engine.now()), 0);
  });

  test("failures of a channel are in a row until a connect succeeds", async (start) => {
    using dead = await RefusingPort.take();
    await using trial = await start({ channels: [dead], failTimeout: 0 });
    const before = trial.engine.engine.now();
    for (let i = 0; i < 3; i++) assert.equal(await Client.ask(trial.port), null);
    await eventually("all have failed", () => trial.statistics.ended("refused") === 3);
    const { inARow, since, last, failures } = trial.statistics.trouble(0);
    assert.deepEqual([inARow, last?.result, failures.refused], [3, "refused", 3]);
    assert.ok(before <= since && since <= last!.at && last!.at <= trial.engine.engine.now());
    await using live = closingBackend("a");
    trial.table.setAddress(0, live.address);
    assert.equal(await Client.ask(trial.port), "a");
    assert.deepEqual([trial.statistics.trouble(0).inARow, trial.statistics.trouble(0).since], [0, -1]);
    await trial.idle();
  });

  test("connections that a channel ends without a byte are counted, brief ones apart", async (start) => {
    let wait = 0;
    await using backend = new Backend(async (connection) => {
      if (wait > 0) await pause(wait);
      await connection.closeWrite();
      await readChunks(connection, () => {});
    });
    await using trial = await start({ channels: [backend] });
    assert.equal(await Client.ask(trial.port), null);
    await trial.idle();
    wait = 200;
    assert.equal(await Client.ask(trial.port), null);
    await trial.idle();
    const { empty, brief } = trial.statistics.trouble(0);
    assert.equal(empty, 2);
    // On a busy machine the first one may have taken longer than 50 ms.
    assert.ok(brief <= 1, `${brief} were brief`);
  });

  test("clients that are refused at once are counted as accepted, and how they ended", async (start) => {
    await using trial = await start({ channels: [], asks: { access: [["deny", "all"]] } });
    for (let i = 0; i < 10; i++) assert.equal(await Client.ask(trial.port), null);
    await eventually("all are counted", () => trial.statistics.ended("denied") === 10);
    const { connections, failures, keptOut = [0] } = trial.statistics.lastMinute(trial.engine.engine.now());
    const sums = [connections, failures, keptOut].map((each) => each.reduce((sum, count) => sum + count));
    assert.deepEqual(sums, [10, 10, 10]);
  });
}
