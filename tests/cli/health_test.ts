/** Health checks of the running program: who gets clients, and what operators are told. */
import assert from "node:assert/strict";
import { Backend } from "../support/backend.ts";
import { echoBackend, namedBackend } from "../support/backends.ts";
import { established } from "../support/echoed.ts";
import { eventually } from "../support/eventually.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { run } from "../support/program.ts";
import { installed, posix, testWith } from "../support/requirements.ts";
import { readChunks, writeAll } from "../support/streams.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { listenTls } from "../support/tls_listener.ts";

/** Quick, so that tests are. */
const QUICK = ["--check-interval", "0.1"];

Deno.test("a channel goes down when its checks fail, gets no clients, and comes back", async () => {
  await using one = namedBackend("one");
  let two = namedBackend("two");
  try {
    const { port } = two;
    await using instance = await Instance.start([`127.0.0.1:${one.port}`, `127.0.0.1:${port}`], {
      options: ["--check", "tcp", ...QUICK],
    });
    await instance.untilState(
      "both are up",
      ({ groups: [{ channels }] }) => channels.every(({ health }) => health?.state === "up"),
    );
    assert.deepEqual((await instance.answers(4)).sort(), ["one", "one", "two", "two"]);
    assert.equal((await instance.run(["--health"])).code, 0);
    await two[Symbol.asyncDispose]();
    await instance.logged(/group 0 channel 1 \(127\.0\.0\.1:\d+\) is down, L4CON: connection refused/);
    const { failed, disabledBy, health } = await instance.channel(1);
    assert.deepEqual(disabledBy, ["down"]);
    assert.deepEqual([health?.state, health?.counter, health?.last?.result], ["down", 0, "L4CON"]);
    assert.deepEqual(await instance.answers(4), ["one", "one", "one", "one"]);
    assert.equal((await instance.channel(1)).failed, failed, "no client has met it");
    const table = (await instance.control("show health")).trimEnd().split("\n");
    assert.match(table[0], /^GRP # channel +state count since result +ms ago reason$/);
    assert.match(table[1], /^ {2}0 0 \S+ up +3\/3 +\d+s L4OK +[\d.]+ +\d+s$/);
    assert.match(table[2], /^ {2}0 1 \S+ down +0\/2 +\d+s L4CON +[\d.]+ +\d+s connection refused$/);
    two = namedBackend("two", { port });
    await instance.logged(/group 0 channel 1 \(127\.0\.0\.1:\d+\) is up/);
    assert.deepEqual((await instance.answers(4)).sort(), ["one", "one", "two", "two"]);
  } finally {
    await two[Symbol.asyncDispose]();
  }
});

Deno.test("when all channels are down, clients get them anyway, and health says bad", async () => {
  // It serves clients, but does not answer as the check wants.
  await using one = namedBackend("one");
  await using instance = await Instance.start([`127.0.0.1:${one.port}`], {
    options: ["--check", "expect:^two", ...QUICK],
  });
  await instance.logged(/group 0 channel 0 .* is down, L7RSP: it says "one", not "two"/);
  await instance.logged(/all channels are down; clients get them anyway/);
  assert.deepEqual(await instance.answers(2), ["one", "one"]);
  const { code, stdout } = await instance.run(["--health"]);
  assert.deepEqual([code, stdout], [1, "bad: no channel is usable\n"]);
  assert.equal(await instance.control("health 0"), "bad: no channel of group 0 is usable\n");
});

Deno.test("what checks know survives an upgrade", async () => {
  await using one = namedBackend("one");
  using directory = temporaryDirectory();
  await using instance = await Instance.start([`127.0.0.1:${one.port}`, "127.0.0.1:1"], {
    directory,
    // Only the first check of each process comes within the test's time.
    options: ["--check", "tcp", "--check-interval", "3600"],
  });
  await instance.logged(/group 0 channel 1 .* is down/);
  assert.match(await instance.control("upgrade"), /upgrade/);
  await instance.untilState("the new process serves", ({ pid }) => pid !== instance.pid);
  try {
    const { disabledBy, health } = await instance.channel(1);
    assert.deepEqual([disabledBy, health?.state], [["down"], "down"]);
  } finally {
    await instance.control("kill");
  }
});

Deno.test("with --on-down close, clients of a channel that goes down are disconnected", async () => {
  // It keeps its clients, but answers checks no longer.
  await using channel = echoBackend();
  await using answering = namedBackend("ok");
  await using instance = await Instance.start([`127.0.0.1:${channel.port},check-port=${answering.port}`], {
    options: ["--check", "tcp", "--on-down", "close", ...QUICK],
  });
  using client = await established(instance);
  await answering.stopAccepting();
  await instance.logged(/group 0 channel 0 .* is down, L4CON/);
  assert.equal((await client.readToEnd()).length, 0);
  assert.equal((await instance.channel(0)).current, 0);
});

Deno.test("a channel with check=off is not checked", async () => {
  await using one = namedBackend("one");
  await using instance = await Instance.start(["127.0.0.1:1,check=off", `127.0.0.1:${one.port}`], {
    options: ["--check", "tcp", ...QUICK],
  });
  await instance.untilState("the other is", ({ groups: [{ channels }] }) => channels[1].health?.state === "up");
  assert.equal((await instance.channel(0)).health, undefined);
  assert.match(await instance.control("show health"), /^ {2}0 0 127\.0\.0\.1:1 +not checked$/m);
  assert.deepEqual(await instance.answers(2), ["one", "one"]);
  await instance.logged(/group 0 channel 0 .* is failing/);
});

testWith([installed("openssl")], "tls tells back ends that speak TLS from those that do not", async () => {
  await using plain = namedBackend("plain");
  const listener = listenTls(), { port } = listener.addr as Deno.NetAddr;
  const serving = (async () => {
    for await (const connection of listener) void connection.handshake().finally(() => connection.close());
  })();
  {
    await using instance = await Instance.start([`127.0.0.1:${port}`, `127.0.0.1:${plain.port}`], {
      options: ["--check", "tls"],
    });
    await instance.logged(/group 0 channel 1 .* is down, L6RSP: /);
    await instance.untilState("the other is up", ({ groups: [{ channels }] }) => channels[0].health?.state === "up");
  }
  listener.close();
  await serving;
});

Deno.test("checks of a disabled channel go on, and do not enable it", async () => {
  await using one = namedBackend("one");
  await using instance = await Instance.start([`127.0.0.1:${one.port}`, "127.0.0.1:1"], {
    options: ["--check", "tcp", ...QUICK],
  });
  await instance.logged(/group 0 channel 1 .* is down/);
  await instance.control("disable 0");
  await instance.untilState("checks go on", ({ groups: [{ channels: [{ health }] }] }) => health?.state === "up");
  assert.deepEqual((await instance.channel(0)).disabledBy, ["operator"]);
});

testWith([posix], "with --grace, SIGTERM turns health bad while clients are still served", async () => {
  await using one = namedBackend("one");
  await using instance = await Instance.start([`127.0.0.1:${one.port}`], { options: ["--grace", "3600"] });
  assert.equal((await instance.run(["--health"])).code, 0);
  instance.signal("SIGTERM");
  await instance.logged(/stopping in 3600 s/);
  assert.equal((await instance.run(["--health"])).code, 1);
  assert.equal(await instance.control("health"), "bad: about to stop\n");
  assert.equal(await instance.answer(), "one");
  instance.signal("SIGTERM");
  assert.equal(await instance.ended(), 0);
});

testWith([posix], "the grace ends by itself", async () => {
  await using one = namedBackend("one");
  await using instance = await Instance.start([`127.0.0.1:${one.port}`], { options: ["--grace", "0.2"] });
  instance.signal("SIGTERM");
  assert.equal(await instance.ended(), 0);
  assert.match(instance.stderr.text, /stopping in 0\.2 s.*\n.*stopping, 0 connections.*\n.*stopped\n$/);
});

Deno.test("an operator's enable holds until the next failure, and one in maintenance is not checked", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"], { options: ["--check", "tcp", ...QUICK] });
  await instance.logged(/group 0 channel 0 .* is down/);
  const { length } = instance.stderr.text;
  await instance.control("enable 0");
  await instance.logged(/group 0 channel 0 .* is down/, length);
  assert.deepEqual((await instance.channel(0)).disabledBy, ["down"]);
  await instance.control("disable 0 maint");
  const { disabledBy, health } = await instance.channel(0);
  assert.deepEqual([disabledBy, health], [["maintenance"], undefined]);
  await instance.control("enable 0");
  await instance.untilState(
    "it is checked again",
    ({ groups: [{ channels: [{ disabledBy }] }] }) => disabledBy.join() === "down",
  );
});

Deno.test("channels with the same target are checked once, over groups and services", async () => {
  await using one = namedBackend("one");
  const channel = `127.0.0.1:${one.port}`;
  await using instance = await Instance.start([channel, channel, "!", channel], {
    options: ["--check", "tcp", "--check-interval", "3600"],
  });
  await instance.untilState(
    "all of them are up",
    ({ groups }) => groups.every(({ channels }) => channels.every(({ health }) => health?.state === "up")),
  );
  assert.equal(one.accepted, 1);
});

Deno.test("a channel that flaps does not fill the log, even if it is the only one", async () => {
  // Each 21st check is bad; what flaps needs 16 good ones at most, so it comes up again each time.
  const cycle = 21, cycles = 8;
  let checks = 0;
  await using flapping = new Backend(async (connection) => {
    await writeAll(connection, new TextEncoder().encode(++checks % cycle === 0 ? "bad" : "good"));
    await readChunks(connection, () => {});
  });
  await using instance = await Instance.start([`127.0.0.1:${flapping.port}`], {
    options: [
      "--check",
      "expect:^good",
      "--check-interval",
      "0.01",
      "--check-timeout",
      "10",
      "--rise",
      "1",
      "--fall",
      "1",
    ],
  });
  await eventually("it has been down often", () => checks > cycle * cycles);
  const { text } = instance.stderr, lines = (wanted: RegExp) => text.match(wanted)?.length ?? 0;
  assert.equal(lines(/channel 0 .* is flapping/g), 1, text);
  assert.ok(lines(/channel 0 .* is (up|down)/g) <= 2, text);
  assert.equal(lines(/all channels are down/g), 2, "once before it flaps, once then");
});

Deno.test("wrong words of checks are named", async () => {
  const cases: [string[], RegExp][] = [
    [["--check", "htpp:/"], /option --check takes off, tcp, .*: "htpp:\/", did you mean http:\?/],
    [["--check", String.raw`send:\q`], /option --check has a bad escape "\\q"/],
    [["--check", "tcp", "--check-expect", "200"], /option --check-expect needs --check http:PATH/],
    [["--check", "http:/", "--check-expect", "2oo"], /option --check-expect takes HTTP status codes.*: "2oo"/],
    [["--check-interval", "86401"], /option --check-interval takes seconds, 0\.001 to 86400: "86401"/],
    [["--check-timeout", "0"], /option --check-timeout takes seconds, 0\.001 to 86400: "0"/],
    [["--fall", "0"], /option --fall takes a number from 1 to 100: "0"/],
    [["--health", "-c", "show"], /options --health and -c cannot be combined/],
  ];
  for (const [args, wanted] of cases) {
    const { code, stderr } = await run([...args, "80"]);
    assert.equal(code, 64, args.join(" "));
    assert.match(stderr, wanted);
  }
});

Deno.test("a reload that only changes the times of checks keeps what they know", async () => {
  const port = freePort();
  const lines = (interval: number) => [
    `balance --check tcp --check-interval ${interval} -b 127.0.0.1 ${port} 127.0.0.1:1`,
  ];
  await using instance = await FileInstance.start(lines(3600));
  await instance.logged(/group 0 channel 0 .* is down/);
  const { length } = instance.stderr.text;
  await instance.write(lines(1800));
  assert.match(await instance.control("reload"), /check-interval/);
  const { disabledBy, health } = JSON.parse(await instance.control("show json")).groups[0].channels[0];
  assert.deepEqual([disabledBy, health.state], [["down"], "down"]);
  assert.doesNotMatch(instance.stderr.text.slice(length), /channel 0 .* is (up|down)/);
});
