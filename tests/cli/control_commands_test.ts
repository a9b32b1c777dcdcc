/** Every reply of every control command, byte for byte (Balance manual), each list in one dialogue. */
import assert from "node:assert/strict";
import { commands } from "../../src/control/commands.ts";
import { namedBackend } from "../support/backends.ts";
import { Instance } from "../support/instance.ts";
import { version } from "../support/program.ts";
import { RefusingPort } from "../support/refusing_port.ts";

/** Says each command in one dialogue and compares its reply. */
async function replies(instance: Instance, expected: readonly (readonly [command: string, reply: string])[]) {
  const got = await instance.dialogue(...expected.map(([command]) => command));
  assert.deepEqual(expected.map(([command], i) => [command, got[i]]), expected);
}

Deno.test("disable and enable say what they did, or that it was done already", async () => {
  await using instance = await Instance.start(["127.0.0.1:1", "127.0.0.1:2"]);
  await replies(instance, [
    ["disable 0", "channel 0 disabled\n"],
    ["disable 0", "channel 0 already disabled\n"],
    ["enable 0", "channel 0 enabled\n"],
    ["enable 0", "channel 0 already enabled\n"],
    ["disable 1", "channel 1 disabled\n"],
    ["enable 01", "channel 1 enabled\n"],
    ["disable 9", "no such channel 9\n"],
    ["enable 9", "no such channel 9\n"],
    ["disable 2", "no such channel 2\n"],
    ["enable 2", "no such channel 2\n"],
    ["disable 64", "no such channel 64\n"],
    ["enable 999999999", "no such channel 999999999\n"],
    ["disable -1", "no such channel -1\n"],
    ["enable -1", "no such channel -1\n"],
  ]);
});

Deno.test("create adds a disabled channel, until the group is full", async () => {
  await using instance = await Instance.start();
  await replies(instance, [
    ["create 127.0.0.1 18101", "channel created\n"],
    ["create localhost smtp", "channel created\n"],
    ["create 127.0.0.1 0", "invalid address\n"],
    ["create 127.0.0.1 65536", "invalid address\n"],
    ["create 127.0.0.1 no-such-service", "invalid address\n"],
    ["create no-such-host.invalid 80", "invalid address\n"],
    ["create 256.0.0.1 80", "invalid address\n"],
    ["create a:b 80", "invalid address\n"],
    ...Array.from({ length: 62 }, (_, i) => [`create 127.0.0.1 ${i + 1}`, "channel created\n"] as const),
    ["create 127.0.0.1 80", "no channel slots available\n"],
    ["create no-such-host.invalid 80", "no channel slots available\n"],
    ["group 1", ""],
    ["create ::1 80", "channel created\n"],
  ]);
  const { groups: [first, second] } = await instance.state();
  assert.equal(first.channels.length, 64);
  assert.ok(first.channels.every(({ enabled, disabledBy }) => !enabled && disabledBy.join() === "operator"));
  assert.deepEqual(first.channels.slice(0, 3).map(({ host, address, port }) => [host, address, port]), [
    ["127.0.0.1", "127.0.0.1", 18101],
    ["localhost", "127.0.0.1", 25],
    ["127.0.0.1", "127.0.0.1", 1],
  ]);
  assert.deepEqual(second.channels.map(({ address, port }) => [address, port]), [["::1", 80]]);
});

Deno.test("assign gives a new address only to a disabled channel", async () => {
  await using instance = await Instance.start(["127.0.0.1:1", "127.0.0.1:2"]);
  await replies(instance, [
    ["assign 0 127.0.0.1 18101", "channel must be disabled to assign new address\n"],
    ["assign 0 no-such-host.invalid 1", "channel must be disabled to assign new address\n"],
    ["assign 9 127.0.0.1 18101", "unknown channel\n"],
    ["assign -1 127.0.0.1 18101", "unknown channel\n"],
    ["assign 2 127.0.0.1 18101", "unknown channel\n"],
    ["disable 0", "channel 0 disabled\n"],
    ["assign 0 no-such-host.invalid 18101", "invalid address\n"],
    ["assign 0 127.0.0.1 0", "invalid address\n"],
    ["assign 0 127.0.0.2 18101", "channel reassigned\n"],
    ["enable 0", "channel 0 enabled\n"],
  ]);
  const { groups: [{ channels: [{ address, port, enabled }] }] } = await instance.state();
  assert.deepEqual([address, port, enabled], ["127.0.0.2", 18101, true]);
});

Deno.test("a channel that was created, or reassigned, serves clients once it is enabled", async () => {
  await using one = namedBackend("one");
  await using two = namedBackend("two");
  await using instance = await Instance.start();
  assert.equal(await instance.answer(), "", "no channel at all");
  await replies(instance, [[`create 127.0.0.1 ${one.port}`, "channel created\n"]]);
  assert.equal(await instance.answer(), "", "the channel is disabled at first");
  await replies(instance, [["enable 0", "channel 0 enabled\n"]]);
  assert.equal(await instance.answer(), "one");
  await replies(instance, [
    ["disable 0", "channel 0 disabled\n"],
    [`assign 0 127.0.0.1 ${two.port}`, "channel reassigned\n"],
    ["enable 0", "channel 0 enabled\n"],
  ]);
  assert.equal(await instance.answer(), "two");
});

Deno.test("maxc changes a limit at once", async () => {
  await using back = namedBackend("here");
  await using instance = await Instance.start([`127.0.0.1:${back.port}`]);
  await replies(instance, [
    ["maxc 0 5", "maxc of channel 0 changed to 5\n"],
    ["maxc 0 0", "maxc of channel 0 changed to 0\n"],
    ["maxc 9 5", "unknown channel\n"],
    ["maxc -1 5", "unknown channel\n"],
    ["maxc 0 2147483647", "maxc of channel 0 changed to 2147483647\n"],
    ["maxc 0 2147483648", "syntax error\n"],
    ["maxc 0 -1", "syntax error\n"],
    ["maxc 0 1", "maxc of channel 0 changed to 1\n"],
  ]);
  using holder = await instance.client();
  assert.equal(new TextDecoder().decode(await holder.readExactly(4)), "here");
  assert.equal(await instance.answer(), "", "the limit is reached");
  assert.equal(await instance.control("maxc 0 2"), "maxc of channel 0 changed to 2\n");
  assert.equal(await instance.answer(), "here");
});

Deno.test("reset sets the counters of one channel to 0", async () => {
  await using one = namedBackend("one");
  await using two = namedBackend("other");
  await using instance = await Instance.start([`127.0.0.1:${one.port}`, `127.0.0.1:${two.port}`]);
  await instance.answers(4);
  await instance.untilState("all have ended", ({ connections }) => connections === 0);
  await replies(instance, [
    ["mrtg-bytes 0 0", "6\n0\nUNKNOWN\ngroup 0 channel 0\n"],
    ["reset 0", "channel 0 counters reset\n"],
    ["reset 9", "no such channel 9\n"],
    ["reset -1", "no such channel -1\n"],
    ["mrtg-bytes 0 0", "0\n0\nUNKNOWN\ngroup 0 channel 0\n"],
    ["mrtg-conns 0 0", "0\nUNKNOWN\nUNKNOWN\ngroup 0 channel 0\n"],
    ["mrtg-bytes 0 1", "10\n0\nUNKNOWN\ngroup 0 channel 1\n"],
    ["mrtg-conns 0 1", "2\nUNKNOWN\nUNKNOWN\ngroup 0 channel 1\n"],
  ]);
});

Deno.test("mrtg-bytes and mrtg-conns take any group and name what is missing", async () => {
  await using instance = await Instance.start(["127.0.0.1:1", "!", "127.0.0.1:2", "127.0.0.1:3"]);
  await replies(instance, [
    ["mrtg-bytes 1 1", "0\n0\nUNKNOWN\ngroup 1 channel 1\n"],
    ["mrtg-conns 1 1", "0\nUNKNOWN\nUNKNOWN\ngroup 1 channel 1\n"],
    ["mrtg-bytes 0 1", "unknown channel\n"],
    ["mrtg-conns 0 1", "unknown channel\n"],
    ["mrtg-bytes 31 0", "unknown channel\n"],
    ["mrtg-bytes 32 0", "unknown group\n"],
    ["mrtg-conns 32 0", "unknown group\n"],
    ["mrtg-conns -1 0", "unknown group\n"],
    ["mrtg-conns 32 x", "syntax error\n"],
    ["mrtg-bytes 0 -1", "unknown channel\n"],
  ]);
});

Deno.test("group, hash and rr work on the group they name", async () => {
  await using instance = await Instance.start(["127.0.0.1:1", "!", "127.0.0.1:2"]);
  await replies(instance, [
    ["hash", "group 0 set to hash\n"],
    ["group 1", ""],
    ["hash", "group 1 set to hash\n"],
    ["rr", "group 1 set to round robin\n"],
    ["disable 0", "channel 0 disabled\n"],
    ["group 31", ""],
    ["disable 0", "no such channel 0\n"],
    ["group 32", "value out of range\n"],
    ["group -1", "value out of range\n"],
    ["group 0", ""],
    [
      "show",
      "GRP Type  #   S       ip-address  port    c      totalc maxc        sent        rcvd\n" +
      "  0 Hash  0 ENA        127.0.0.1     1    0           0    0           0           0\n" +
      "  1   RR  0 dis        127.0.0.1     2    0           0    0           0           0\n",
    ],
  ]);
});

Deno.test("version shows the program's version and limits", async () => {
  await using instance = await Instance.start();
  await replies(instance, [
    ["version", `  This is balance ${version}\n  MAXGROUPS=32\n  MAXCHANNELS=64\n`],
  ]);
});

Deno.test("help and ? list every command, one per line", async () => {
  await using instance = await Instance.start();
  const [help, short] = await instance.dialogue("help", "?");
  assert.equal(help, short);
  const names = help.trimEnd().split("\n").map((line) => /^ {2}([a-z-]+)(?:, \?)?(?: .*)? {2}\S/.exec(line)?.[1]);
  const balance =
    "quit show help kill disable group reset enable create assign maxc mrtg-bytes mrtg-conns version hash rr";
  assert.deepEqual(names.slice(0, 16), balance.split(" "));
  assert.deepEqual(names, commands.map(({ name }) => name));
});

Deno.test("wrong or missing words are a syntax error, and an empty line is ignored", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"]);
  const wrong = [
    "nonsense",
    "showx",
    "SHOW",
    "show it",
    "show json json",
    "disable",
    "disable x",
    "disable 0x0",
    "disable 1.5",
    "disable 0 0",
    "enable",
    "enable ''",
    "reset",
    "reset x",
    "create",
    "create 127.0.0.1",
    "create 127.0.0.1 80 81",
    "assign",
    "assign 0 127.0.0.1",
    "assign x 127.0.0.1 80",
    "maxc",
    "maxc 0",
    "maxc 0 x",
    "maxc x 0",
    "maxc 0 1e3",
    "group",
    "group x",
    "group 0 0",
    "mrtg-bytes",
    "mrtg-bytes 0",
    "mrtg-conns x 0",
    "mrtg-conns 0 x",
    "version 1",
    "help me",
    "hash 0",
    "rr 0",
    "quit now",
    "kill it",
    "!",
    "??",
    "disable 99999999999999999999",
  ];
  const nothing = ["", " ", "\t", "   \t  "];
  await replies(instance, [
    ...wrong.map((command) => [command, "syntax error\n"] as const),
    ...nothing.map((command) => [command, ""] as const),
    ["  disable \t 0  ", "channel 0 disabled\n"],
  ]);
});

Deno.test("a prefix means the first command in Balance's order that begins with it", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"]);
  const table = await instance.control("show"), help = await instance.control("help");
  const versionText = `  This is balance ${version}\n  MAXGROUPS=32\n  MAXCHANNELS=64\n`;
  await replies(instance, [
    ["s", table],
    ["sho", table],
    ["h", help],
    ["ha", "group 0 set to hash\n"],
    ["rr", "group 0 set to round robin\n"],
    ["r 0", "channel 0 counters reset\n"],
    ["d 0", "channel 0 disabled\n"],
    ["e 0", "channel 0 enabled\n"],
    ["g 3", ""],
    ["g 0", ""],
    ["c 127.0.0.1 2", "channel created\n"],
    ["a 1 127.0.0.1 3", "channel reassigned\n"],
    ["m 0 7", "maxc of channel 0 changed to 7\n"],
    ["mr 0 0", "0\n0\nUNKNOWN\ngroup 0 channel 0\n"],
    ["mrtg-c 0 0", "0\nUNKNOWN\nUNKNOWN\ngroup 0 channel 0\n"],
    ["v", versionText],
    ["?x", "syntax error\n"],
  ]);
  assert.deepEqual(await instance.dialogue("q", "s"), [""], "q is quit: nothing is run after it");
  assert.deepEqual(await instance.dialogue("k"), ["shutdown complete, exiting.\n"]);
  assert.equal(await instance.ended(), 0);
});

Deno.test("-c runs one command in group 0 and prints only its reply", async () => {
  await using instance = await Instance.start(["127.0.0.1:1", "!", "127.0.0.1:2"]);
  assert.equal(await instance.control("group 1"), "");
  assert.equal(await instance.control("disable 0"), "channel 0 disabled\n");
  assert.equal(await instance.control("quit"), "");
  assert.equal(await instance.control(""), "");
  assert.equal(await instance.control("nonsense"), "syntax error\n");
  const { groups } = await instance.state();
  assert.deepEqual(groups.map(({ channels: [{ enabled }] }) => enabled), [false, true]);
});

Deno.test("only commands that change something are logged", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await instance.dialogue("show", "disable 9", "nonsense", "version", "disable 0", "maxc 0 5", "hash");
  await instance.logged(/control: hash/);
  const logged = [...instance.stderr.text.matchAll(/control: (.*)\n/g)].map(([, what]) => what);
  assert.deepEqual(logged, [
    "disable 0 (group 0): channel 0 disabled",
    "maxc 0 5 (group 0): maxc of channel 0 changed to 5",
    "hash (group 0): group 0 set to hash",
  ]);
});

Deno.test("enable brings back a channel that autodisable took out", async () => {
  using dead = await RefusingPort.take();
  await using instance = await Instance.start([`127.0.0.1:${dead.port}`], { options: ["-a"] });
  assert.equal(await instance.answer(), "");
  assert.deepEqual((await instance.channel(0)).disabledBy, ["autodisable"]);
  assert.equal(await instance.control("disable 0"), "channel 0 already disabled\n");
  assert.deepEqual((await instance.channel(0)).disabledBy, ["operator", "autodisable"]);
  assert.equal(await instance.control("enable 0"), "channel 0 enabled\n");
  assert.deepEqual((await instance.channel(0)).disabledBy, []);
});

Deno.test("several -c run in order in one session, and nothing runs after its end", async () => {
  await using instance = await Instance.start(["127.0.0.1:1", "!", "127.0.0.1:2"]);
  const { code, stdout } = await instance.run(["-c", "group 1", "-c", "disable 0", "-c", "quit", "-c", "enable 0"]);
  assert.deepEqual([code, stdout], [0, "channel 0 disabled\n"]);
  const { groups } = await instance.state();
  assert.deepEqual(groups.map(({ channels: [{ enabled }] }) => enabled), [true, false]);
});
