import assert from "node:assert/strict";
import { quietPlane, quietService } from "../../tests/support/control_plane.ts";
import { CountedClients } from "../service/access/counted_clients.ts";
import { parseHost } from "../table/address.ts";
import { ClientLane } from "../table/clients/client_lane.ts";
import { execute } from "./commands.ts";

/** A service whose clients may have one connection each; they have come so often. */
function withClients(...clients: (readonly [host: string, times: number])[]) {
  const plane = quietPlane(), counted = new CountedClients({ prefix: 64, most: 100 }, 1);
  const lane = new ClientLane(counted.memory, 0, { connections: 1, rate: { count: 1, seconds: 60, burst: 1 } });
  const come = (host: string) => lane.enter(parseHost(host).bytes, 0);
  for (const [host, times] of clients) for (let i = 0; i < times; i++) come(host);
  plane.services = [quietService("8080", plane.groups, { clients: counted })];
  return { plane, come, lane, say: async (line: string) => await execute(line, { group: 0 }, plane) };
}

Deno.test("show clients has a line for each, those with the most connections first", async () => {
  const { say } = withClients(["192.0.2.7", 1], ["2001:db8::1", 12], ["192.0.2.10", 3]);
  assert.deepEqual(await say("show clients"), {
    ok: true,
    lines: [
      "client         c  refused",
      "2001:db8::/64  1       11",
      "192.0.2.10     1        2",
      "192.0.2.7      1        0",
    ],
  });
  assert.deepEqual((await say("show clients 1")).lines.slice(1), ["2001:db8::/64  1       11"]);
  const { lines: [json] } = await say("show clients json");
  assert.deepEqual(JSON.parse(json)[1], { address: "192.0.2.10", connections: 1, refused: 2 });
  for (const word of ["0", "-1", "many", "1e3"]) {
    const { ok, lines: [reason] } = await say(`show clients ${word}`);
    assert.deepEqual([ok, reason], [false, `give a number of clients, or json, in place of "${word}"`]);
  }
});

Deno.test("show clients shows twenty unless it is told how many", async () => {
  const { say } = withClients(...Array.from({ length: 30 }, (_, i) => [`192.0.2.${i}`, 1] as const));
  assert.equal((await say("show clients")).lines.length, 21);
  assert.equal((await say("show clients 25")).lines.length, 26);
  assert.equal(JSON.parse((await say("show clients json")).lines[0]).length, 30);
});

Deno.test("show clients of a service without limits adds up the open connections of each client", async () => {
  const plane = quietPlane(), client = { connections: 3, oldest: 200, sent: 1_234, rcvd: 5_000_000 };
  const all = Array.from({ length: 30 }, (_, i) => ({ ...client, address: `192.0.2.${i}` }));
  plane.services = [quietService("8080", plane.groups, { connectedClients: () => Promise.resolve(all) })];
  const say = async (line: string) => (await execute(line, { group: 0 }, plane)).lines;
  assert.deepEqual(await say("show clients 2"), [
    "client     c  oldest   sent   rcvd",
    "192.0.2.0  3  3m 20s  1.2kB  5.0MB",
    "192.0.2.1  3  3m 20s  1.2kB  5.0MB",
  ]);
  assert.equal((await say("show clients")).length, 21);
  assert.deepEqual(JSON.parse((await say("show clients json"))[0]), all);
});

Deno.test("show clients says that there are none", async () => {
  const plane = quietPlane(), { say } = withClients();
  plane.services = [quietService("8080", plane.groups, { connectedClients: () => Promise.resolve([]) })];
  assert.deepEqual((await execute("show clients", { group: 0 }, plane)).lines, ["no client has an open connection"]);
  assert.deepEqual((await say("show clients")).lines, ["no client has a connection or was refused"]);
  assert.deepEqual((await say("show clients json")).lines, ["[]"]);
});

Deno.test("unban forgets that limits have refused clients, and how fast they came", async () => {
  const { say, come, lane, plane } = withClients(["192.0.2.7", 3], ["192.0.2.8", 2]);
  assert.deepEqual(await say("unban 192.0.2.7"), {
    ok: true,
    lines: ["0 rules ended, 1 refused client may connect again"],
  });
  assert.deepEqual((await say("show clients")).lines.slice(1), ["192.0.2.8  1        1", "192.0.2.7  1        0"]);
  assert.ok(come("192.0.2.7") < 0, "it still has a connection");
  assert.deepEqual((await say("unban all")).lines, ["0 rules ended, 2 refused clients may connect again"]);
  assert.deepEqual((await say("unban all")).lines, ["0 rules ended"]);
  assert.equal((await say("unban 192.0.2.9")).ok, false);
  lane.leave(come("192.0.2.9"));
  assert.ok(come("192.0.2.9") < 0, "it has come too fast");
  await say("unban 192.0.2.9");
  assert.ok(come("192.0.2.9") > 0);
  assert.equal(plane.changes.length, 4);
});
