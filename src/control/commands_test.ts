import assert from "node:assert/strict";
import { Groups } from "../groups/groups.ts";
import { Statistics } from "../table/statistics/statistics.ts";
import { DisabledBy, Table } from "../table/table.ts";
import { processState, quietService } from "../../tests/support/control_plane.ts";
import { RESERVED_NAMES } from "../options/kinds/name.ts";
import type { Reply, Session } from "./command.ts";
import { commands, execute, findCommand } from "./commands.ts";
import type { ControlledService, ControlPlane } from "./control_plane.ts";

/** Balance's commands, in its order. */
const BALANCE =
  "quit show help kill disable group reset enable create assign maxc mrtg-bytes mrtg-conns version hash rr";

/** An instance without an engine. */
function plane(resolve: ControlledService["resolve"] = (host, port) => Promise.resolve({ host, port: Number(port) })) {
  const table = Table.create(), changes: string[] = [], session: Session = { group: 0 };
  let kills = 0;
  const instance: ControlPlane = {
    services: [quietService("8080", new Groups(table), { resolve })],
    version: "1.2.3",
    describe: () => processState(),
    changed: (command, reply) => void changes.push(`${command} → ${reply}`),
    shutdown: () => {
      kills++;
      changes.push("shutdown");
    },
  };
  const say = async (line: string): Promise<Reply> => await execute(line, session, instance);
  return { table, changes, session, say, instance, kills: () => kills };
}

Deno.test("the order of the commands is Balance's, which decides what a prefix means", () => {
  assert.deepEqual(
    commands.map(({ name }) => name).join(" "),
    `${BALANCE} service services save reload upgrade least random stable first weight drain shut wait health forget allow deny unban close why`,
  );
  for (const { name } of commands) assert.equal(findCommand(name)?.name, name);
  for (const [prefix, name] of [["h", "help"], ["m", "maxc"], ["mr", "mrtg-bytes"], ["r", "reset"], ["ha", "hash"]]) {
    assert.equal(findCommand(prefix)?.name, name);
  }
  assert.equal(findCommand("?")?.name, "help");
  assert.equal(findCommand("shows"), undefined);
});

Deno.test("every prefix of Balance's commands means what it means there", () => {
  const names = BALANCE.split(" ");
  for (const name of names) {
    for (let end = 1; end <= name.length; end++) {
      const prefix = name.slice(0, end), wanted = names.find((name) => name.startsWith(prefix));
      assert.equal(findCommand(prefix)?.name, wanted, prefix);
    }
  }
});

Deno.test("a refused command is not ok and reports no change", async () => {
  const { say, changes } = plane();
  assert.deepEqual(await say("disable 0"), { ok: false, lines: ["no such channel 0"] });
  assert.deepEqual(await say("nonsense"), { ok: false, lines: ["syntax error"] });
  assert.deepEqual(await say(""), { ok: true, lines: [] });
  assert.deepEqual(changes, []);
});

Deno.test("a change is reported with the command, the group and the reply", async () => {
  const { say, changes } = plane();
  await say("group 2");
  await say("c 10.0.0.1 80");
  assert.deepEqual(changes, ["create 10.0.0.1 80 (group 2) → channel created"]);
});

Deno.test("enable undoes what operator and autodisable did, disable adds the operator's bit", async () => {
  const { say, table } = plane();
  const id = table.addChannel(0, { host: "10.0.0.1", port: 80 })!;
  table.disable(id, DisabledBy.MACHINE);
  assert.deepEqual(await say("disable 0"), { ok: false, lines: ["channel 0 already disabled"] });
  assert.equal(table.disabledBy(id), DisabledBy.MACHINE | DisabledBy.OPERATOR);
  assert.deepEqual(await say("enable 0"), { ok: true, lines: ["channel 0 enabled"] });
  assert.equal(table.disabledBy(id), 0);
});

Deno.test("two sessions that create the last channel at the same time do not get one too many", async () => {
  const waiting: (() => void)[] = [];
  const { say, table } = plane((host, port) =>
    new Promise((resolve) => waiting.push(() => resolve({ host, port: Number(port) })))
  );
  for (let i = 0; i < 63; i++) table.addChannel(0, { host: "10.0.0.1", port: 80 });
  const both = Promise.all([say("create 10.0.0.2 80"), say("create 10.0.0.3 80")]);
  while (waiting.length < 2) await Promise.resolve();
  for (const answer of waiting) answer();
  assert.deepEqual((await both).map(({ lines }) => lines), [["channel created"], ["no channel slots available"]]);
  assert.equal(table.size(0), 64);
});

Deno.test("a channel that is enabled while its new name is looked up keeps its address", async () => {
  let answer = () => {};
  const { say, table } = plane((host, port) =>
    new Promise((resolve) => answer = () => resolve({ host, port: Number(port) }))
  );
  const id = table.addChannel(0, { host: "10.0.0.1", port: 80 }, 0, DisabledBy.OPERATOR)!;
  const assigned = say("assign 0 10.0.0.2 81");
  assert.equal((await say("enable 0")).ok, true);
  answer();
  assert.deepEqual((await assigned).lines, ["channel must be disabled to assign new address"]);
  assert.deepEqual({ ...table.address(id) }.host, "10.0.0.1");
});

Deno.test("commands take a channel's name or address, say it again, and the log has the group that it is in", async () => {
  const { say, changes, instance: { services: [{ groups }] } } = plane();
  groups.add(0, { host: "a", address: { host: "10.0.0.1", port: 80 } });
  groups.add(3, { host: "b", address: { host: "10.0.0.2", port: 80 }, name: "spare" });
  for (
    const [line, reply] of [
      ["disable spare", "channel spare disabled"],
      ["assign spare 10.0.0.3 81", "channel reassigned"],
      ["enable 10.0.0.3:81", "channel 10.0.0.3:81 enabled"],
      ["maxc spare 7", "maxc of channel spare changed to 7"],
      ["weight spare 3", "weight of channel spare changed to 3"],
      ["weight 0 0", "weight of channel 0 changed to 0"],
    ]
  ) assert.deepEqual(await say(line), { ok: true, lines: [reply] });
  assert.deepEqual(changes, [
    "disable spare (group 3) → channel spare disabled",
    "assign spare 10.0.0.3 81 (group 3) → channel reassigned",
    "enable 10.0.0.3:81 (group 3) → channel 10.0.0.3:81 enabled",
    "maxc spare 7 (group 3) → maxc of channel spare changed to 7",
    "weight spare 3 (group 3) → weight of channel spare changed to 3",
    "weight 0 0 (group 0) → weight of channel 0 changed to 0",
  ]);
  assert.deepEqual((await say("mrtg-conns 3 spare")).lines, ["0", "UNKNOWN", "UNKNOWN", "group 3 channel 0"]);
  assert.deepEqual(await say("enable 0"), {
    ok: false,
    lines: ["channel 0 already enabled, but its weight is 0"],
  });
  await say("disable 0");
  assert.deepEqual(await say("enable 0"), { ok: true, lines: ["channel 0 enabled, but its weight is 0"] });
  assert.deepEqual(await say("weight spare 257"), {
    ok: false,
    lines: ['weight takes a number from 0 to 256: "257"'],
  });
});

Deno.test("kill and quit end the session, and only kill the instance", async () => {
  const { say, kills, changes } = plane();
  assert.deepEqual(await say("quit"), { ok: true, lines: [], end: true });
  assert.equal(kills(), 0);
  assert.deepEqual(await say("k"), { ok: true, lines: ["shutdown complete, exiting."], end: true });
  assert.equal(kills(), 1);
  assert.equal(changes.at(-1), "shutdown", "the log has the command before what it does");
  assert.equal(changes.length, 2);
});

Deno.test("counters of any size are shown in full", async () => {
  const { say, table } = plane();
  const id = table.addChannel(0, { host: "10.0.0.1", port: 80 })!, lane = table.lane(0);
  lane.taken(id);
  for (let i = 0; i < 4; i++) lane.sent(id, 2 ** 52);
  lane.rcvd(id, 2 ** 31);
  assert.deepEqual((await say("mrtg-bytes 0 0")).lines, [
    "2147483648",
    "18014398509481984",
    "UNKNOWN",
    "group 0 channel 0",
  ]);
  assert.match((await say("show")).lines[1], / 18014398509481984 {2}2147483648$/);
  assert.match((await say("show json")).lines[0], /"sent":18014398509481984,"rcvd":2147483648,/);
});

Deno.test("an operator cannot enable a channel whose host does not resolve, and is told why", async () => {
  const { say, table } = plane();
  const id = table.addChannel(0, { host: "::", port: 80 }, 0, DisabledBy.UNRESOLVED)!;
  await say("disable 0");
  assert.deepEqual(await say("enable 0"), { ok: false, lines: ["channel 0 unresolved"] });
  assert.equal(table.disabledBy(id), DisabledBy.UNRESOLVED);
});

Deno.test("no service can have the name of a word that a command takes in its place", () => {
  const words = commands.flatMap(({ parameters }) => parameters.split(" ")).map((word) =>
    word.replace(/^\[|\]$/g, "").split("|")
  );
  const beside = words.filter((all) => all.includes("NAME")).flat().filter((word) => word !== "NAME");
  assert.deepEqual(beside.sort(), [...RESERVED_NAMES].sort());
});

Deno.test("a process of many services has more command lines than a call takes arguments", async () => {
  const { instance, session } = plane(), config = Array<string>(300_000).fill("balance 80 web1");
  const reply = await execute("show config", session, { ...instance, config: () => config });
  assert.equal(reply.ok && reply.lines.length, config.length);
});

Deno.test("others have their turn while thousands of channels are told about", async () => {
  const { instance, session, table } = plane(), [{ groups }] = instance.services;
  table.statistics = Statistics.create(1);
  for (let group = 0; group < 10; group++) {
    for (let port = 1; port <= 64; port++) {
      const id = table.addChannel(group, { host: "127.0.0.1", port })!;
      table.statistics.lane(0).connected(id, { connectMs: 1, queueMs: -1 });
    }
  }
  const services = Array.from({ length: 5 }, (_, i) => quietService(`${8080 + i}`, groups));
  for (const line of ["show", "show json", "show latency"]) {
    let turns = 0;
    const timer = setInterval(() => turns++), reply = await execute(line, session, { ...instance, services });
    clearInterval(timer);
    assert.ok(reply.ok && turns > 0, line);
  }
});
