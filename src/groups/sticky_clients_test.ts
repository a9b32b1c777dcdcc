import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { parseClientKey } from "../table/sticky/client_key.ts";
import { StickyTable } from "../table/sticky/sticky.ts";
import { Table } from "../table/table.ts";
import { Groups } from "./groups.ts";
import { StickyClients } from "./sticky_clients.ts";

const TIME = 60;

/** Groups of channels `host:port`, and the clients of their service. */
function made(hosts: readonly (readonly string[])[], size = 1024) {
  const groups = new Groups(Table.create()), memory = StickyTable.create(size);
  memory.tick(100);
  groups.replace(
    [],
    hosts.map((group) => ({
      channels: group.map((word) => {
        const [host, port] = word.split(":");
        return { host, address: "192.0.2.1", port: Number(port) };
      }),
    })),
  );
  const clients = groups.sticky = new StickyClients(groups, memory, TIME);
  const add = (address: string, group: number, channel: number, idle = 0) => {
    const id = groups.table.channelAt(group, channel), incarnation = groups.table.incarnation(id);
    memory.add({ ...parseClientKey(address)!, channel: id, incarnation, idle });
  };
  const list = () => clients.list().map(({ address, host, port, left }) => `${address} ${host}:${port} ${left}`);
  return { groups, memory, clients, add, list };
}

Deno.test("a state takes clients to the same channels, wherever these are now, with the time that is left", () => {
  const before = made([["web1:80", "web2:80", "web2:80"], ["web1:80"]]);
  before.add("10.0.0.1", 0, 0);
  before.add("10.0.0.2", 0, 1, 10);
  before.add("10.0.0.3", 0, 2, 20.25);
  before.add("2001:db8::1", 1, 0, 59);
  before.add("10.0.0.4", 0, 0, 61);
  const state = JSON.parse(JSON.stringify(before.clients.state()));
  const after = made([["new:80", "web2:80", "web2:80", "web1:80"], ["web1:80"]]);
  after.clients.restore(state);
  assert.deepEqual(after.list(), [
    "10.0.0.1 web1:80 60",
    "10.0.0.2 web2:80 50",
    "10.0.0.3 web2:80 39.75",
    "2001:db8::/64 web1:80 1",
  ]);
  assert.deepEqual(after.clients.list().map(({ group, channel }) => [group, channel]), [[0, 3], [0, 1], [0, 2], [
    1,
    0,
  ]]);
});

Deno.test("clients of channels that are gone, or have another port, are left out of a state", () => {
  const before = made([["web1:80", "web2:80", "web3:80"]]);
  [0, 1, 2].forEach((channel) => before.add(`10.0.0.${channel}`, 0, channel));
  const after = made([["web2:81", "web3:80"]]);
  after.clients.restore(before.clients.state());
  assert.deepEqual(after.list(), ["10.0.0.2 web3:80 60"]);
});

Deno.test("a table of another size begins with the clients of the one before", () => {
  const before = made([["web1:80", "web2:80"]], 1024);
  for (let n = 0; n < 40; n++) before.add(`10.0.1.${n}`, 0, n % 2, n);
  const memory = StickyTable.create(4096);
  memory.tick(100);
  const after = new StickyClients(before.groups, memory, TIME);
  after.takeOver(before.clients);
  assert.deepEqual(after.list(), before.clients.list());
});

Deno.test("a state with anything wrong is refused, and nothing changes", () => {
  const { clients, list, add } = made([["web1:80"]]);
  add("10.0.0.1", 0, 0);
  const good = clients.state(), [channel] = good.channels;
  for (
    const bad of [
      undefined,
      null,
      7,
      {},
      { ...good, version: 2 },
      { ...good, channels: undefined },
      { ...good, channels: [] },
      { ...good, channels: [{ ...channel, group: 32 }] },
      { ...good, channels: [{ ...channel, port: -1 }] },
      { ...good, channels: [{ ...channel, host: 5 }] },
      { ...good, channels: Array.from({ length: 2049 }, () => channel) },
      { ...good, clients: undefined },
      { ...good, clients: "x" },
      { ...good, clients: "%%%%" },
      { ...good, clients: "A".repeat(8_000_000) },
    ]
  ) assert.throws(() => clients.restore(bad), /^TypeError: Cannot restore sticky clients: /);
  assert.deepEqual(list(), ["10.0.0.1 web1:80 60"]);
});

Deno.test("whatever a state says, it is taken over or refused with a TypeError", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.base64String(), fc.nat(3), (value, text, channels) => {
      const { clients } = made([["web1:80"]]);
      const all = Array.from({ length: channels }, () => ({ group: 0, host: "web1", port: 80 }));
      for (
        const state of [value, { version: 1, channels: all, clients: text }, {
          version: 1,
          channels: value,
          clients: text,
        }]
      ) {
        try {
          clients.restore(state);
        } catch (error) {
          assert.ok(error instanceof TypeError, String(error));
        }
        clients.list();
      }
    }),
    parameters(200),
  );
});

Deno.test("of very many clients, those used last are handed over", () => {
  const { clients, groups, memory } = made([["web1:80"]], 2 ** 20), incarnation = groups.table.incarnation(0);
  // More than are handed over; a few share a set with too many others.
  for (let n = 0; n < 300_000; n++) memory.add({ high: -1, low: n, channel: 0, incarnation, idle: n / 10_000 });
  const after = made([["web1:80"]], 2 ** 20);
  after.clients.restore(clients.state());
  const count = after.clients.count();
  assert.ok(count > 262_000 && count <= 262_144, `${count}`);
  assert.equal(after.clients.list(parseClientKey("0.4.147.223")).length, 0, "number 299,999");
  assert.equal(after.clients.list(parseClientKey("0.0.0.9")).length, 1);
});
