import assert from "node:assert/strict";
import { Backend } from "../support/backend.ts";
import type { Client } from "../support/client.ts";
import { runs } from "../support/processes.ts";
import { readChunks, writeAll } from "../support/streams.ts";
import { echoBackend } from "../support/backends.ts";
import { condition, installed, linux, namespaces, root } from "../support/requirements.ts";
import { hasMemoryGroups, MemoryGroup, PicturedGroup } from "./control_group.ts";
import { eventuallyAsync, pause, show } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

const MEGABYTE = 2 ** 20, ROOM = 64 * MEGABYTE, MOST = 8_000, BURST = { portable: 10, linux: 40 };

export const scenarios: Scenario[] = [{
  fault: "memory limit",
  made: `a control group with ${
    ROOM / MEGABYTE
  } MB left; clients that ask for much and read nothing, ${BURST.portable} (portable) or ${BURST.linux} (linux) every 100 ms`,
  holds: "stops accepting before it is killed, and says so; waiting clients are served when there is room again",
  needs: [
    linux,
    condition(hasMemoryGroups, "needs a control group whose memory this user can limit, of either version"),
  ],
  async measure(subject) {
    using group = new MemoryGroup(1024 * MEGABYTE);
    const bytes = new Uint8Array((subject.name === "linux" ? 2 : 16) * MEGABYTE);
    await using backend = new Backend(async (connection) => {
      const request = new Uint8Array(1);
      await connection.read(request);
      await writeAll(connection, request[0] === 1 ? bytes : request);
      await readChunks(connection, () => {});
    });
    await using target = await subject.balance([`127.0.0.1:${backend.port}`], {
      before: group.before,
      // So that little lies with the kernel, whose memory for TCP all tests share, and much with the program.
      options: subject.name === "linux" ? ["--send-buffer", "65536", "--receive-buffer", "65536"] : [],
    });
    const nothingLeaked = await target.watchForLeaks();
    await pause(300);
    const limit = group.used + ROOM;
    group.limit(limit);
    const clients: Client[] = [];
    const stopped = () => target.logged(/memory is short/).length > 0;
    while (!stopped() && clients.length < MOST) {
      for (let i = 0; i < BURST[subject.name as keyof typeof BURST]; i++) {
        const client = await target.client();
        clients.push(client);
        await client.send(Uint8Array.of(1));
      }
      await pause(100);
      assert.ok(runs(target.pid), `killed with ${clients.length} clients: ${target.log.text}`);
    }
    assert.ok(stopped(), `${clients.length} clients were served with ${group.used} of ${limit} bytes`);
    // More clients come all the time, and it must stay.
    const waiting = await Promise.all(Array.from({ length: 200 }, () => target.client()));
    let served = 0;
    const failures = new Map<string, number>();
    const answers = waiting.map(async (client) => {
      try {
        await client.send(Uint8Array.of(2));
        await client.readExactly(1);
        served++;
      } catch (error) {
        failures.set(String(error), (failures.get(String(error)) ?? 0) + 1);
      } finally {
        client[Symbol.dispose]();
      }
    });
    await pause(1000);
    assert.ok(runs(target.pid), "killed while accepting was paused");
    const during = served, { connections } = await target.state(), used = group.used;
    for (const client of clients) client[Symbol.dispose]();
    await eventuallyAsync("accepting goes on", () => Promise.resolve(target.logged(/accepting again/).length > 0), 20);
    await Promise.all(answers);
    assert.ok(runs(target.pid), `killed after accepting went on: ${target.log.text}`);
    assert.deepEqual([...failures], [], `${served} of ${waiting.length} served: ${target.log.text}`);
    await nothingLeaked();
    return [
      `paused with ${connections} clients at ${show(used / limit * 100)} % of the limit`,
      `${during} of ${waiting.length} latecomers served meanwhile, all afterwards`,
      "lives",
    ];
  },
}, {
  fault: "memory limit, version 2",
  made: "the files of a version 2 group, in a mount namespace: 95 % used, at first half of it reclaimable",
  holds: "stops accepting while memory is short, and says so; reclaimable memory does not count",
  needs: [linux, root, namespaces("-m"), installed("mount")],
  async measure(subject) {
    using group = new PicturedGroup(1000 * MEGABYTE);
    await using backend = echoBackend();
    await using target = await subject.balance([`127.0.0.1:${backend.port}`], { before: group.before });
    const nothingLeaked = await target.watchForLeaks();
    using first = await target.client();
    await first.send("x");
    await first.readExactly(1);
    group.use(950 * MEGABYTE, 475 * MEGABYTE);
    // Four looks of the program's.
    await pause(1000);
    assert.deepEqual(target.logged(/memory is short/), []);
    group.use(950 * MEGABYTE, 20 * MEGABYTE);
    await target.log.until(/memory is short, 930 of 1000 MB used/);
    const late = await Promise.all(Array.from({ length: 20 }, () => target.client()));
    let served = 0;
    const answers = late.map(async (client) => {
      await client.send("y");
      await client.readExactly(1);
      served++;
    });
    await first.send("z");
    assert.equal(new TextDecoder().decode(await first.readExactly(1)), "z");
    await pause(500);
    // One that was being accepted at that moment.
    assert.ok(served <= 1, `${served} were served`);
    const during = served;
    group.use(700 * MEGABYTE, 0);
    await target.log.until(/accepting again, 700 of 1000 MB used/);
    await Promise.all(answers);
    for (const client of [first, ...late]) client[Symbol.dispose]();
    await nothingLeaked();
    return [
      "paused at 93 % of the limit, went on at 70 %",
      `${during} of ${late.length} latecomers served meanwhile, all afterwards; the connection before them served on`,
    ];
  },
}];

testScenarios(import.meta.url, scenarios);
