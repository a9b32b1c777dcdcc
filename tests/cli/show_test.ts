import assert from "node:assert/strict";
import type { GroupState } from "../../mod.ts";
import { namedBackend } from "../support/backends.ts";
import { Instance } from "../support/instance.ts";
import { version } from "../support/program.ts";
import { RefusingPort } from "../support/refusing_port.ts";

const HEAD = "GRP Type  #   S       ip-address  port    c      totalc maxc        sent        rcvd\n";

Deno.test("show prints the table with Balance's columns", async () => {
  await using instance = await Instance.start(
    ["127.0.0.1:18101", "127.0.0.1:18102:16", "%", "127.0.0.1:7", "!", "127.0.0.1:8"],
  );
  await instance.dialogue("disable 1", "create 127.0.0.1 18103");
  assert.equal(
    await instance.control("show"),
    HEAD +
      "  0 Hash  0 ENA        127.0.0.1 18101    0           0    0           0           0\n" +
      "  0 Hash  1 dis        127.0.0.1 18102    0           0   16           0           0\n" +
      "  0 Hash  2 dis        127.0.0.1 18103    0           0    0           0           0\n" +
      "  1   RR  0 ENA        127.0.0.1     7    0           0    0           0           0\n" +
      "  2   RR  0 ENA        127.0.0.1     8    0           0    0           0           0\n",
  );
});

Deno.test("show without channels prints only the heading", async () => {
  await using instance = await Instance.start();
  assert.equal(await instance.control("show"), HEAD);
});

Deno.test("a value that is too long widens only its own cell", async () => {
  await using instance = await Instance.start([
    "[2001:db8:1111:2222:3333:4444:5555:6666]:80:16",
    "127.0.0.1:65535:2147483647",
    "[fe80::1:2:3:4]:1",
    "255.255.255.255:1:9999",
    "127.0.0.1:1:10000",
  ]);
  assert.equal(
    await instance.control("show"),
    HEAD +
      "  0   RR  0 ENA 2001:db8:1111:2222:3333:4444:5555:6666    80    0           0   16           0           0\n" +
      "  0   RR  1 ENA        127.0.0.1 65535    0           0 2147483647           0           0\n" +
      "  0   RR  2 ENA    fe80::1:2:3:4     1    0           0    0           0           0\n" +
      "  0   RR  3 ENA  255.255.255.255     1    0           0 9999           0           0\n" +
      "  0   RR  4 ENA        127.0.0.1     1    0           0 10000           0           0\n",
  );
});

Deno.test("show counts current and past connections, and bytes both ways", async () => {
  await using one = namedBackend("twelve bytes");
  await using two = namedBackend("7 bytes");
  await using instance = await Instance.start([`127.0.0.1:${one.port}`, `127.0.0.1:${two.port}`]);
  using held = await instance.client();
  await held.readExactly(12);
  await held.send("hello");
  await instance.answers(2);
  await instance.untilState("one is left, its bytes are counted", ({ connections, groups: [{ channels }] }) => {
    return connections === 1 && channels[0].sent === 5;
  });
  const [port0, port1] = [one.port, two.port].map((port) => String(port).padStart(5));
  assert.equal(
    await instance.control("show"),
    HEAD +
      `  0   RR  0 ENA        127.0.0.1 ${port0}    1           2    0           5          24\n` +
      `  0   RR  1 ENA        127.0.0.1 ${port1}    0           1    0           0           7\n`,
  );
});

Deno.test("show has 32 groups of 64 channels, in order", async () => {
  const words = Array.from({ length: 32 }, () => [...Array.from({ length: 64 }, (_, i) => `127.0.0.1:${i + 1}`), "!"]);
  await using instance = await Instance.start(words.flat());
  const rows = (await instance.control("show")).trimEnd().split("\n").slice(1);
  assert.equal(rows.length, 2048);
  const expected = Array.from({ length: 2048 }, (_, i) => [Math.floor(i / 64), i % 64, i % 64 + 1]);
  assert.deepEqual(
    rows.map((row) => row.trim().split(/ +/)).map((row) => [row[0], row[2], row[5]].map(Number)),
    expected,
  );
});

/** Groups without what differs from run to run. */
function withoutActivity(groups: readonly GroupState[]) {
  return groups.map(({ channels, ...group }) => ({
    ...group,
    channels: channels.map((
      {
        rate: _,
        times: _1,
        oldest: _2,
        lastError: _3,
        failingSince: _4,
        failuresInARow: _5,
        disabledSince: _6,
        unanswered: _7,
        unansweredSince: _8,
        troubles: _9,
        ...rest
      },
    ) => rest),
  }));
}

Deno.test("show json has all details of the instance and each channel, on one line", async () => {
  await using back = namedBackend("hello");
  using dead = await RefusingPort.take();
  const channels = [`127.0.0.1:${dead.port}`, `localhost:${back.port}:7`, "%", "[::1]:80"];
  await using instance = await Instance.start(channels, { options: ["-a", "-H"] });
  // Enough for the channel that refuses to be met, wherever the hash begins.
  await instance.control("rr");
  await instance.answers(2);
  await instance.untilState("both have ended", ({ connections }) => connections === 0);
  const text = await instance.control("show json");
  assert.equal(text.indexOf("\n"), text.length - 1, "one line");
  const { pid, started, uptime, engine, ...rest } = JSON.parse(text);
  assert.ok(Number.isInteger(pid) && pid > 0);
  assert.equal(new Date(started).toISOString(), started);
  assert.ok(Number.isInteger(uptime) && uptime >= 0 && uptime < 600, `uptime ${uptime}`);
  assert.match(engine, /^[a-z]+$/);
  assert.deepEqual([rest.version, rest.address, rest.port, rest.connections], [version, "127.0.0.1", instance.port, 0]);
  const none = {
    ...{ current: 0, maxc: 0, weight: 1, name: null, total: 0, failed: 0, sent: 0, rcvd: 0 },
    ...{ failing: false, drainingSince: null, state: "up", level: "good" },
    ...{ proxy: null, check: null, checkPort: null, checkHost: null },
  };
  assert.deepEqual(withoutActivity(rest.groups), [
    {
      group: 0,
      type: "RR",
      channels: [
        {
          ...none,
          channel: 0,
          enabled: false,
          disabledBy: ["autodisable"],
          host: "127.0.0.1",
          address: "127.0.0.1",
          port: dead.port,
          total: 1,
          failed: 1,
          ...{ failing: true, state: "disabled", level: "bad" },
        },
        {
          ...none,
          channel: 1,
          enabled: true,
          disabledBy: [],
          host: "localhost",
          address: "127.0.0.1",
          port: back.port,
          maxc: 7,
          total: 2,
          rcvd: 10,
        },
      ],
    },
    {
      group: 1,
      type: "RR",
      channels: [{ ...none, channel: 0, enabled: true, disabledBy: [], host: "::1", address: "::1", port: 80 }],
    },
  ]);
});
