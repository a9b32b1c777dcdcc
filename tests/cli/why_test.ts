/** `why` of the running program: what it says of clients to come, and of connections that there are or were. */
import assert from "node:assert/strict";
import type { RecordState, WhyConnectionState } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { Instance } from "../support/instance.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { linux, testWith } from "../support/requirements.ts";

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [],
    `${engine}: why tells where clients go, and the story of each`,
    async () => {
      await using one = namedBackend("one");
      using refusing = await RefusingPort.take();
      const { port: dead } = refusing;
      await using instance = await Instance.start([`127.0.0.1:${dead}`, `127.0.0.1:${one.port},name=live`], {
        options: ["--engine", engine, "--deny", "192.0.2.0/24"],
      });
      const before = (await instance.control("why 127.0.0.1")).trimEnd().split("\n");
      assert.match(before[0], /^127\.0\.0\.1 to port \d+ of service \d+ comes in$/);
      assert.equal(before[1], `goes to group 0 channel 0 (127.0.0.1:${dead}): its turn`);
      assert.deepEqual(before.slice(-2).map((line) => line.trim().split(/ +/).slice(0, 4)), [
        ["1", "0", "0", `127.0.0.1:${dead}`],
        ["2", "0", "1", "live"],
      ]);
      assert.match(await instance.control("why 192.0.2.7"), / is refused: denied by --deny 192\.0\.2\.0\/24\n/);
      using client = await Client.connect(instance.port);
      assert.equal(await client.readText(), "one");
      const all: { connections: RecordState[] } = JSON.parse(await instance.control("show connections json"));
      const [{ id }] = all.connections;
      const open = await instance.control(`why ${id}`);
      assert.match(
        open,
        new RegExp(`^connection ${id}: 127\\.0\\.0\\.1:\\d+ came to port ${instance.port} .*, still open\n`),
      );
      assert.match(open, new RegExp(`\n  group 0 channel 1 \\(live, 127\\.0\\.0\\.1:${one.port}\\): connected after `));
      assert.match(open, /\nif this client came again now:\n {2}127\.0\.0\.1 to port /);
      assert.match(await instance.control(`close ${id}`), /closed/);
      await client.readToEnd();
      let state: WhyConnectionState;
      do state = JSON.parse(await instance.control(`why ${id} json`)); while (state.connection.open);
      const { connection: { end, by, attempts, channel }, again } = state;
      assert.deepEqual([end, by, channel, again?.outcome], ["killed", "operator", 1, "channel"]);
      assert.deepEqual(attempts.map(({ channel, result }) => [channel, result]), [[0, "refused"], [1, "connected"]]);
      assert.match(await instance.control(`why ${id}`), /, by an operator: killed, an operator closed it\n/);
    },
  );
}
