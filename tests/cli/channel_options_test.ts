/** Options of channels: on the command line, in control commands, and in files of services. */
import assert from "node:assert/strict";
import { namedBackend } from "../support/backends.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { posix, testWith } from "../support/requirements.ts";

Deno.test("a channel of weight 0 gets no new clients, until it has a weight", async () => {
  await using one = namedBackend("one");
  await using two = namedBackend("two");
  const channels = [`127.0.0.1:${one.port},weight=0,name=one`, `127.0.0.1:${two.port}`];
  await using instance = await Instance.start(channels);
  assert.deepEqual(new Set(await instance.answers(4)), new Set(["two"]));
  assert.match(await instance.control("show"), /^ {2}0 {3}RR {2}0 drn {8}127\.0\.0\.1 /m);
  assert.equal(await instance.control("enable one"), "channel one already enabled, but its weight is 0\n");
  assert.equal(await instance.control("weight one 1"), "weight of channel one changed to 1\n");
  assert.equal(await instance.control("weight 1 0"), "weight of channel 1 changed to 0\n");
  assert.deepEqual(new Set(await instance.answers(4)), new Set(["one"]));
  const { weight, name, enabled, disabledBy } = await instance.channel(0);
  assert.deepEqual({ weight, name, enabled, disabledBy }, { weight: 1, name: "one", enabled: true, disabledBy: [] });
  await instance.logged(/control: weight one 1 \(group 0\): weight of channel one changed to 1/);
});

Deno.test("commands take a channel's name or address, in whichever group it is", async () => {
  await using instance = await Instance.start([
    "127.0.0.1:1,name=first",
    "127.0.0.1:2",
    "127.0.0.1:2",
    "!",
    "localhost:3,name=spare",
  ]);
  const replies = [
    ["disable spare", "channel spare disabled\n"],
    ["disable localhost:3", "channel localhost:3 already disabled\n"],
    ["maxc 127.0.0.1:1 7", "maxc of channel 127.0.0.1:1 changed to 7\n"],
    ["disable 127.0.0.1:2", '"127.0.0.1:2" fits several channels: group 0 channel 1, group 0 channel 2\n'],
    ["disable sparr", 'no such channel "sparr", did you mean "spare"?\n'],
    ["maxc sparr 1", 'unknown channel "sparr", did you mean "spare"?\n'],
    ["weight first 300", 'weight takes a number from 0 to 256: "300"\n'],
    ["mrtg-conns 1 spare", "0\nUNKNOWN\nUNKNOWN\ngroup 1 channel 0\n"],
    ["reset first", "channel first counters reset\n"],
  ];
  const got = await instance.dialogue(...replies.map(([command]) => command));
  assert.deepEqual(replies.map(([command], i) => [command, got[i]]), replies);
  assert.equal((await instance.channel(0, 1)).enabled, false);
  assert.equal((await instance.channel(0)).maxc, 7);
  await instance.logged(/control: disable spare \(group 1\): channel spare disabled/);
});

testWith([posix], "options of channels are in files: diff, reload, show config and save know them", async () => {
  const port = freePort(), line = (...channels: string[]) => `-b 127.0.0.1 ${port} ${channels.join(" ")}`;
  await using instance = await FileInstance.start([line("127.0.0.1:1:5,weight=3,name=a", "127.0.0.1:2")]);
  const channels = async () => {
    const { groups } = JSON.parse(await instance.control("show json"));
    type Options = Record<"port" | "maxc" | "weight" | "name", unknown>;
    return groups[0].channels.map(({ port, maxc, weight, name }: Options) => [port, maxc, weight, name]);
  };
  assert.deepEqual(await channels(), [[1, 5, 3, "a"], [2, 0, 1, null]]);
  await instance.control("weight a 9");
  await instance.write([
    line("127.0.0.1:1:5,weight=3,name=b", "127.0.0.1:2,weight=0", "127.0.0.1:3,maxc=6,weight=256"),
  ]);
  const changes = [
    `service "${port}": group 0: name of channel "127.0.0.1:1" a → b`,
    `service "${port}": group 0: weight of channel "127.0.0.1:2" 1 → 0`,
    `service "${port}": group 0: channel "127.0.0.1:3:6,weight=256" added`,
  ];
  assert.deepEqual((await instance.control("reload --dry-run")).trimEnd().split("\n"), changes);
  assert.deepEqual((await instance.control("reload")).trimEnd().split("\n"), changes);
  // What an operator has changed stays, since the file says the same as before.
  assert.deepEqual(await channels(), [[1, 5, 9, "b"], [2, 0, 0, null], [3, 6, 256, null]]);
  await instance.control("save");
  const saved = await Deno.readTextFile(instance.file), words = saved.replaceAll(/ \\\n */g, " ");
  assert.match(words, / 127\.0\.0\.1:1:5,weight=9,name=b 127\.0\.0\.1:2,weight=0 127\.0\.0\.1:3:6,weight=256\n$/);
  assert.ok((await instance.control("show config")).endsWith(saved), saved);
  assert.equal((await instance.control("reload --dry-run")).includes("channel"), false);
});
