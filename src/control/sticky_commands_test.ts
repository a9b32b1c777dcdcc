import assert from "node:assert/strict";
import { quietPlane } from "../../tests/support/control_plane.ts";
import { StickyClients } from "../groups/sticky_clients.ts";
import { parseHost } from "../table/address.ts";
import { StickyLane } from "../table/sticky/sticky_lane.ts";
import { StickyTable } from "../table/sticky/sticky.ts";
import { execute } from "./commands.ts";

/** A service with these clients, each with a channel, and whether it is connected. */
function withClients(...clients: (readonly [host: string, channel: number, connected: boolean])[]) {
  const plane = quietPlane(), { groups } = plane, memory = StickyTable.create(64, 1);
  const lane = new StickyLane(memory.buffer, 0, 60);
  groups.sticky = new StickyClients(groups, memory, 60);
  for (const [host, channel, connected] of clients) {
    const handle = lane.begin(parseHost(host).bytes, channel, groups.table.incarnation(channel));
    if (!connected) lane.end(handle);
  }
  memory.tick(10);
  const session = { group: 0 };
  return { plane, memory, say: async (line: string) => await execute(line, session, plane) };
}

const CLIENTS = [["2001:db8::1", 1, false], ["192.0.2.7", 0, true], ["192.0.2.10", 1, false]] as const;

Deno.test("show sticky has a line for each address, in their order", async () => {
  const { say } = withClients(...CLIENTS);
  assert.deepEqual(await say("show sticky"), {
    ok: true,
    lines: [
      "address        GRP  #         channel  c  left",
      "192.0.2.7        0  0  127.0.0.1:8001  1     -",
      "192.0.2.10       0  1  127.0.0.1:8002  0  50 s",
      "2001:db8::/64    0  1  127.0.0.1:8002  0  50 s",
    ],
  });
  assert.deepEqual((await say("show sticky 2001:db8::5")).lines, [
    "address        GRP  #         channel  c  left",
    "2001:db8::/64    0  1  127.0.0.1:8002  0  50 s",
  ]);
  const { lines: [json] } = await say("show sticky json");
  const place = { group: 0, channel: 1, host: "127.0.0.1", port: 8002, connections: 0, left: 50 };
  assert.deepEqual(JSON.parse(json), [
    { ...place, address: "192.0.2.7", channel: 0, port: 8001, connections: 1, left: null },
    { ...place, address: "192.0.2.10" },
    { ...place, address: "2001:db8::/64" },
  ]);
});

Deno.test("a host cannot forge a line of show sticky", async () => {
  const { say, plane } = withClients(["192.0.2.7", 0, true]);
  plane.groups.names.set(0, "web\n1");
  assert.match((await say("show sticky")).lines[1], / web\\x0a1:8001 /);
});

Deno.test("forget forgets one address or all, and is logged", async () => {
  const { say, plane } = withClients(...CLIENTS);
  assert.deepEqual(await say("forget 192.0.2.10"), { ok: true, lines: ["192.0.2.10 forgotten"] });
  assert.deepEqual(await say("forget 192.0.2.10"), { ok: false, lines: ["192.0.2.10 is not remembered"] });
  assert.deepEqual(await say("show sticky 192.0.2.10"), { ok: false, lines: ["192.0.2.10 is not remembered"] });
  assert.deepEqual((await say("forget all")).lines, ["2 addresses forgotten"]);
  assert.deepEqual((await say("forget all")).lines, ["0 addresses forgotten"]);
  assert.equal((await say("show sticky")).lines.length, 1);
  assert.equal(plane.changes.length, 3);
});

Deno.test("a removed channel's clients are not shown", async () => {
  const { say, plane } = withClients(...CLIENTS);
  plane.groups.table.rearrange(0, [0]);
  assert.deepEqual((await say("show sticky")).lines.slice(1).map((line) => line.split(" ")[0]), ["192.0.2.7"]);
  assert.deepEqual((await say("forget all")).lines, ["1 address forgotten"]);
});

Deno.test("a bad address is an error that names it, escaped", async () => {
  const { say } = withClients(...CLIENTS);
  for (const word of ["web1", "192.0.2.0/24", "\x1b[31m", "2001:db8::/48", ""]) {
    const lines = word === "" ? ["syntax error"] : undefined;
    for (const command of ["forget", "show sticky"]) {
      if (word === "" && command !== "forget") continue;
      const { ok, lines: told } = await say(`${command} ${word}`);
      assert.equal(ok, false);
      const shown = word.replace("\x1b", "\\x1b");
      assert.deepEqual(
        told,
        lines ?? [`invalid address "${shown}": give an IPv4 address, or an IPv6 one for its /64`],
      );
    }
  }
  for (const line of ["show json x", "show config x", "show 8080 x", "show sticky json x"]) {
    assert.deepEqual(await say(line), { ok: false, lines: ["syntax error"] }, line);
  }
});

Deno.test("a service without --sticky says so", async () => {
  const plane = quietPlane(), session = { group: 0 };
  for (const line of ["show sticky", "show sticky 192.0.2.1", "forget all", "forget 192.0.2.1"]) {
    const { ok, lines } = await execute(line, session, plane);
    assert.deepEqual([ok, lines], [false, ['service "8080" does not use --sticky']], line);
  }
  plane.services = [];
  assert.deepEqual((await execute("show sticky", { group: 0 }, plane)).lines, ["there is no service"]);
});
