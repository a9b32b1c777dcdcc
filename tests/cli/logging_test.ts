import assert from "node:assert/strict";
import { namedBackend } from "../support/backends.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { BackgroundInstance, Instance } from "../support/instance.ts";
import { program, spawn, version, windows } from "../support/program.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { condition, linux, notUnderWine, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

Deno.test("start, changes and stop are lines with time and level on standard error", async () => {
  await using instance = await Instance.start(["127.0.0.1:1", "127.0.0.1:2", "!", "127.0.0.1:3"]);
  await instance.control("disable 0");
  await instance.control("kill");
  assert.equal(await instance.ended(), 0);
  const lines = instance.stderr.text.trimEnd().split("\n");
  const expected = [
    `info {4}balance ${version} listens on 127\\.0\\.0\\.1:${instance.port}: 3 channels in 2 groups, engine [a-z]+`,
    "info {4}control: disable 0 \\(group 0\\): channel 0 disabled",
    "info {4}control: kill \\(group 0\\): shutdown complete, exiting\\.",
    "info {4}stopping, 0 connections left to end",
    "info {4}stopped",
  ];
  assert.equal(lines.length, expected.length, instance.stderr.text);
  // The end of kill and the start of stopping may come in either order.
  for (const line of expected) assert.ok(lines.some((got) => new RegExp(`^${TIME} ${line}$`).test(got)), `no ${line}`);
  assert.equal(instance.stdout.text, "");
});

testWith(
  [notUnderWine],
  "with --allow-loop the log warns of a channel that is the balancer itself, unless it has a limit",
  async () => {
    const port = freePort();
    await using instance = await Instance.start([`127.0.0.1:${port}:2`, "127.0.0.1", "!", "127.0.0.2"], {
      port,
      options: ["--allow-loop"],
    });
    assert.match(
      await instance.logged(/this balancer itself/),
      new RegExp(`warning group 0 channel 1 \\(127\\.0\\.0\\.1:${port}\\) is this balancer itself`),
    );
    await instance.control("version");
    assert.equal(instance.stderr.text.match(/this balancer itself/g)!.length, 1);
  },
);

testWith([notUnderWine], "the log warns once of a channel that an operator points at the balancer itself", async () => {
  await using instance = await Instance.start(["127.0.0.1:1:2"]);
  const { port } = instance, warnings = () => instance.stderr.text.match(/this balancer itself/g)?.length ?? 0;
  assert.equal(await instance.control(`create 127.0.0.1 ${port}`), "channel created\n");
  assert.equal(warnings(), 0, "it is disabled");
  assert.equal(await instance.control("maxc 1 3"), "maxc of channel 1 changed to 3\n");
  assert.equal(await instance.control("enable 1"), "channel 1 enabled\n");
  assert.equal(warnings(), 0, "it has a limit");
  assert.equal(await instance.control("maxc 1 0"), "maxc of channel 1 changed to 0\n");
  assert.match(await instance.logged(/this balancer itself/), /group 0 channel 1/);
  assert.equal(await instance.control("maxc 0 5"), "maxc of channel 0 changed to 5\n");
  assert.equal(await instance.control("disable 1"), "channel 1 disabled\n");
  assert.equal(warnings(), 1);
  assert.equal(await instance.control("enable 1"), "channel 1 enabled\n");
  await instance.logged(/enable 1.*\n[^]*enable 1[^]*this balancer itself/);
});

testWith([notUnderWine], "turned-away clients are logged with the reasons, once for all of them", async () => {
  await using live = namedBackend("live");
  await using instance = await Instance.start([`127.0.0.1:${live.port}`, "!", `127.0.0.1:${freePort()}`]);
  assert.equal(await instance.control("disable 0"), "channel 0 disabled\n");
  for (let i = 0; i < 3; i++) {
    using client = await instance.client();
    assert.equal((await client.readToEnd()).length, 0);
  }
  assert.match(
    await instance.logged(/no channel takes/),
    / warning closing clients that no channel takes: 2 channels, 1 disabled, 0 full, 1 failing$/,
  );
  assert.equal(instance.stderr.text.match(/no channel takes/g)!.length, 1);
});

testWith(
  [notUnderWine],
  "a channel that fails and comes back is logged once each time, not for every connection",
  async () => {
    const port = freePort();
    await using two = namedBackend("two");
    await using instance = await Instance.start([`127.0.0.1:${port}`, `127.0.0.1:${two.port}`]);
    await instance.answers(6);
    assert.match(
      await instance.logged(/is failing/),
      new RegExp(
        `^${TIME} warning group 0 channel 0 \\(127\\.0\\.0\\.1:${port}\\) is failing: \\S.*; is it running, and does it listen there\\?$`,
      ),
    );
    await using one = namedBackend("one", { port });
    assert.deepEqual((await instance.answers(4)).sort(), ["one", "one", "two", "two"]);
    assert.match(
      await instance.logged(/accepts again/),
      new RegExp(`^${TIME} info    group 0 channel 0 \\(127\\.0\\.0\\.1:${port}\\) accepts again$`),
    );
    assert.equal(instance.stderr.text.match(/is failing/g)!.length, 1);
    assert.equal(instance.stderr.text.match(/accepts again/g)!.length, 1);
    assert.equal(one.accepted, 2);
  },
);

Deno.test("--log-format json makes every line an object with time, level, message and values", async () => {
  using dead = await RefusingPort.take();
  const options = ["--log-format", "json", "-a", "-d"];
  await using instance = await Instance.start([`127.0.0.1:${dead.port}`], { options });
  await instance.answer();
  await instance.control("maxc 0 7");
  await instance.control("kill");
  assert.equal(await instance.ended(), 0);
  const records = instance.stderr.text.trimEnd().split("\n").map((line) => JSON.parse(line));
  for (const { time, level, message } of records) {
    assert.match(time, new RegExp(`^${TIME}$`));
    assert.ok(["debug", "info", "warning", "error"].includes(level), level);
    assert.equal(typeof message, "string");
  }
  const find = (text: RegExp) => records.find(({ message }) => text.test(message));
  const { version: logged, address, channels, groups } = find(/listens on/);
  assert.deepEqual([logged, address, channels, groups], [version, `127.0.0.1:${instance.port}`, 1, 1]);
  const { level, group, channel, address: where } = find(/an operator must enable it/);
  assert.deepEqual([level, group, channel, where], ["error", 0, 0, `127.0.0.1:${dead.port}`]);
  assert.equal(find(/^control: maxc 0 7/).reply, "maxc of channel 0 changed to 7");
  assert.match(find(/: chosen$/).client, /^127\.0\.0\.1:\d+$/);
});

testWith([notUnderWine], "--log-format ecs has the names of the Elastic Common Schema in every line", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"], { options: ["--log-format", "ecs"] });
  await instance.control("maxc 0 7");
  await instance.logged(/maxc 0 7/);
  const records = instance.stderr.text.trimEnd().split("\n").map((line) => JSON.parse(line));
  for (const record of records) {
    assert.match(record["@timestamp"], new RegExp(`^${TIME}$`));
    assert.deepEqual([record["log.level"], record["service.name"]], ["info", "balance"]);
  }
  assert.equal(records.at(-1).balance.reply, "maxc of channel 0 changed to 7");
});

testWith([notUnderWine], "--no-log-time leaves out the time", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"], { options: ["--no-log-time"] });
  assert.match(instance.stderr.text, /^info {4}balance \S+ listens on /);
});

testWith(
  [linux],
  "in the journal a line has its priority instead of time and level, unless that is asked for",
  async () => {
    // What systemd sets for a service whose standard error is the journal.
    const before = ["sh", "-c", 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"', "sh"];
    await using instance = await Instance.start(["127.0.0.1:1"], { before });
    await instance.control("disable 0");
    await instance.logged(/disable 0/);
    const lines = instance.stderr.text.trimEnd().split("\n");
    assert.match(lines[0], /^<6>balance \S+ listens on /);
    assert.match(lines[1], /^<6>control: disable 0 /);
    await using json = await Instance.start(["127.0.0.1:1"], { before, options: ["--log-format", "json"] });
    assert.equal(JSON.parse(/^<6>(.*)/.exec(json.stderr.text)![1]).level, "info");
    await using timed = await Instance.start(["127.0.0.1:1"], { before, options: ["--log-time"] });
    assert.match(timed.stderr.text, new RegExp(`^<6>${TIME} info {4}balance `));
  },
);

testWith([notUnderWine], "a JOURNAL_STREAM of somebody else changes nothing", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"], { env: { JOURNAL_STREAM: "1:1" } });
  assert.match(instance.stderr.text, new RegExp(`^${TIME} info {4}balance `));
});

testWith([notUnderWine], "--log-level says what is written, and a reload changes it", async () => {
  const web = `-b 127.0.0.1 --name web ${freePort()} 127.0.0.1:1`, quiet = `process --log-level warning`;
  await using instance = await FileInstance.start([web]);
  await instance.write([quiet, web]);
  assert.equal(await instance.control("reload"), "process: log-level info → warning\n");
  await instance.control("disable 0");
  await instance.write([`${quiet} -d`, web]);
  assert.equal(await instance.control("reload"), "process: debug off → on\n");
  await instance.control("enable 0");
  await instance.logged(/control: enable 0/);
  assert.doesNotMatch(instance.stderr.text, /disable 0|level info/);
});

testWith([notUnderWine], "--log-level debug explains, and traces nothing", async () => {
  await using back = namedBackend("here");
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["--log-level", "debug"] });
  await instance.logged(/ debug {3}engine /);
  assert.equal(await instance.answer(), "here");
  await instance.control("disable 0");
  await instance.logged(/disable 0/);
  assert.doesNotMatch(instance.stderr.text, /client 127/);
});

testWith([posix], "a log that has lost its reader does not end the program", async () => {
  using directory = temporaryDirectory();
  await using back = namedBackend("here");
  await using probe = await Instance.start([`127.0.0.1:${back.port}`], { directory });
  const port = probe.port;
  await probe.control("kill");
  await probe.ended();
  const words = ["-fd", "-b", "127.0.0.1", "--control-dir", directory.path, String(port), `127.0.0.1:${back.port}`];
  const child = spawn(words, {}, "null");
  await child.stdout.cancel();
  const reader = child.stderr.getReader();
  await reader.read();
  await reader.cancel();
  try {
    await probe.untilState("it answers", () => true);
    assert.deepEqual(await probe.answers(20), Array.from({ length: 20 }, () => "here"));
    assert.equal(await probe.control("kill"), "shutdown complete, exiting.\n");
    assert.equal((await child.status).code, 0);
  } finally {
    await child.status;
  }
});

testWith([posix], "a log on a full disk does not end the program", async () => {
  using directory = temporaryDirectory();
  await using back = namedBackend("here");
  await using probe = await Instance.start([], { directory });
  await probe.control("kill");
  await probe.ended();
  const words = ["-fd", "-b", "127.0.0.1", "--control-dir", directory.path, String(probe.port)];
  const child = new Deno.Command("sh", {
    args: ["-c", `exec "$@" 2>/dev/full >/dev/full`, "sh", ...program, ...words, "-p", `127.0.0.1:${back.port}`],
    stdin: "null",
  }).spawn();
  try {
    for (let found = false; !found;) found = (await probe.run(["-c", "version"])).code === 0;
    assert.deepEqual(await probe.answers(5), ["here", "here", "here", "here", "here"]);
    assert.equal(await probe.control("kill"), "shutdown complete, exiting.\n");
  } finally {
    assert.equal((await child.status).code, 0);
  }
});

testWith([condition(windows, "needs Windows")], "in the background on Windows events go to a file", async () => {
  await using instance = await BackgroundInstance.start(["127.0.0.1:1"]);
  await instance.control("disable 0");
  const log = Deno.readTextFileSync(`${instance.directory.path}/balance-${instance.port}.log`);
  assert.match(log, / listens on 127\.0\.0\.1:/);
  assert.match(log, /control: disable 0/);
});
