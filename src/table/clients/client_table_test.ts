import assert from "node:assert/strict";
import { formatHost, parseHost } from "../address.ts";
import { ClientLane, type ClientLimits, NO_HANDLE, REACHED } from "./client_lane.ts";
import { ClientTable } from "./client_table.ts";
import { ClientSets } from "./client_sets.ts";

const host = (text: string) => parseHost(text).bytes;
const client = (n: number) => host(`10.${n >> 16}.${n >> 8 & 255}.${n & 255}`);

/** A table with the lanes of two threads. @param size 8 makes a single set */
function made(limits: ClientLimits, { size = 8, prefix = 64 } = {}) {
  const table = ClientTable.create(size, prefix, 2);
  const lanes = [0, 1].map((lane) => new ClientLane(table.buffer, lane, limits));
  return { table, lanes, lane: lanes[0] };
}

function entries(table: ClientTable): string[] {
  const found: string[] = [];
  table.forEach(({ address, connections, refused }) =>
    found.push(`${formatHost(address)} x${connections} -${refused}`)
  );
  return found.sort();
}

Deno.test("a client has as many connections as it may, over all threads, and gets each place back", () => {
  const { table, lanes: [one, other] } = made({ connections: 2 });
  const first = one.enter(client(1), 0), second = other.enter(client(1), 0);
  assert.equal(one.enter(client(1), 0), NO_HANDLE);
  assert.equal(one.reached, REACHED.CONNECTIONS);
  assert.equal(other.enter(client(1), 0), NO_HANDLE);
  assert.deepEqual(entries(table), ["10.0.0.1 x2 -2"]);
  assert.notEqual(one.enter(client(2), 0), NO_HANDLE);
  assert.equal(one.reached, REACHED.NONE);
  other.leave(second);
  const third = one.enter(client(1), 0);
  assert.notEqual(third, NO_HANDLE);
  one.leave(first);
  one.leave(third);
  assert.deepEqual(entries(table), ["10.0.0.1 x0 -2", "10.0.0.2 x1 -0"]);
});

Deno.test("a client comes as fast as it may, over all threads; one that is refused uses up nothing", () => {
  const { lanes: [one, other] } = made({ rate: { count: 2, seconds: 1, burst: 3 } });
  const comes = (lane: ClientLane, now: number, who = 1) => lane.enter(client(who), now) !== NO_HANDLE;
  assert.deepEqual([one, other, one, other, one].map((lane) => comes(lane, 5000)), [true, true, true, false, false]);
  assert.equal(one.reached, REACHED.RATE);
  assert.ok(comes(one, 5000, 2), "another client");
  assert.deepEqual([5400, 5500, 5501].map((now) => comes(other, now)), [false, true, false]);
  assert.deepEqual([9000, 9000, 9000, 9000].map((now) => comes(one, now)), [true, true, true, false]);
});

Deno.test("a client with too many connections uses up nothing of its rate", () => {
  const { lane } = made({ connections: 1, rate: { count: 1, seconds: 60, burst: 2 } });
  const handle = lane.enter(client(1), 0);
  for (let i = 0; i < 5; i++) {
    assert.equal(lane.enter(client(1), 0), NO_HANDLE);
    assert.equal(lane.reached, REACHED.CONNECTIONS);
  }
  lane.leave(handle);
  assert.notEqual(lane.enter(client(1), 0), NO_HANDLE);
});

Deno.test("where limits are not enforced, each connection counts, and each that would be refused is counted", () => {
  const { table, lane } = made({ connections: 1, rate: { count: 1, seconds: 60, burst: 3 } });
  const reached: number[] = [],
    handles = [0, 1, 2, 3].map(() => {
      const handle = lane.enter(client(1), 0, false);
      reached.push(lane.reached);
      return handle;
    });
  assert.deepEqual(reached, [0, 1, 1, 1]);
  assert.deepEqual(entries(table), ["10.0.0.1 x4 -3"]);
  for (const handle of handles) lane.leave(handle);
  assert.deepEqual(entries(table), ["10.0.0.1 x0 -3"]);
});

for (
  const [prefix, same, others] of [
    [64, "2001:db8::ffff:1:2:3", ["2001:db8:0:1::1", "2001:db9::1"]],
    [56, "2001:db8:0:ff::1", ["2001:db8:0:100::1"]],
    [128, "2001:db8::1", ["2001:db8::2", "2001:db8::1:0:1"]],
    [127, "2001:db8::", ["2001:db8::2"]],
    [1, "7fff::1", ["8000::1"]],
    [32, "2001:db8:ffff::", ["2001:db9::1"]],
    [96, "2001:db8::1234:1", ["2001:db8::1:0:1"]],
  ] as const
) {
  Deno.test(`with a prefix of ${prefix}, ${same} is the same client as 2001:db8::1`, () => {
    const { lane } = made({ connections: 1 }, { prefix });
    lane.enter(host("2001:db8::1"), 0);
    assert.equal(lane.enter(host(same), 0), NO_HANDLE);
    for (const other of others) assert.notEqual(lane.enter(host(other), 0), NO_HANDLE, other);
  });
}

Deno.test("each IPv4 address is a client of its own, whatever the prefix", () => {
  const { table, lane } = made({ connections: 1 }, { prefix: 1 });
  lane.enter(host("10.0.0.1"), 0);
  assert.notEqual(lane.enter(host("10.0.0.2"), 0), NO_HANDLE);
  // `::ffff:0:0/96` would be a part of it.
  assert.notEqual(lane.enter(host("::1"), 0), NO_HANDLE);
  assert.equal(lane.enter(host("::ffff:10.0.0.1"), 0), NO_HANDLE);
  assert.deepEqual(entries(table), ["10.0.0.1 x1 -1", "10.0.0.2 x1 -0", ":: x1 -0"]);
});

Deno.test("a million others neither take the place of a client with connections, nor need more memory", () => {
  const { table, lane } = made({ connections: 1 }, { size: 64 }), bytes = table.buffer.byteLength;
  const handles = [1, 2, 3].map((n) => lane.enter(client(n), 0));
  const other = client(10), view = new DataView(other.buffer);
  for (let n = 10, now = 1; n < 1_000_010; n++, now++) {
    view.setUint32(12, 0x0a000000 + n);
    lane.leave(lane.enter(other, now));
  }
  for (const n of [1, 2, 3]) assert.equal(lane.enter(client(n), 2e6), NO_HANDLE, `client ${n}`);
  assert.deepEqual(entries(table), ["10.0.0.1 x1 -1", "10.0.0.2 x1 -1", "10.0.0.3 x1 -1"]);
  assert.deepEqual([table.buffer.byteLength, table.uncounted], [bytes, 0]);
  for (const handle of handles) lane.leave(handle);
  assert.notEqual(lane.enter(client(1), 2e6), NO_HANDLE);
});

Deno.test("when all places have connections, a further client connects without being counted, until one is free", () => {
  const { table, lane } = made({ connections: 1 });
  const handles = Array.from({ length: 8 }, (_, n) => lane.enter(client(n), n));
  for (let i = 0; i < 3; i++) {
    const handle = lane.enter(client(99), 10);
    assert.deepEqual([handle, lane.reached], [NO_HANDLE, REACHED.NONE]);
    lane.leave(handle);
  }
  assert.equal(table.uncounted, 3);
  for (let n = 0; n < 8; n++) assert.equal(lane.enter(client(n), 11), NO_HANDLE, `client ${n}`);
  lane.leave(handles[5]);
  assert.notEqual(lane.enter(client(99), 12), NO_HANDLE);
  assert.equal(lane.enter(client(99), 13), NO_HANDLE);
});

Deno.test("of the clients without connections, the one that has been away longest is forgotten", () => {
  const { table, lane } = made({ rate: { count: 1, seconds: 1000, burst: 1 } });
  for (let n = 0; n < 8; n++) lane.leave(lane.enter(client(n), n));
  // It is refused, but it has been here.
  lane.enter(client(0), 100);
  lane.leave(lane.enter(client(8), 101));
  assert.equal(lane.enter(client(0), 102), NO_HANDLE, "it is still known");
  assert.notEqual(lane.enter(client(1), 103), NO_HANDLE, "it has been forgotten");
  assert.deepEqual(entries(table), ["10.0.0.0 x0 -2", "10.0.0.1 x1 -0"]);
});

Deno.test("an end that belongs to a client whose place another has by now changes nothing", () => {
  const { table, lanes: [one, other] } = made({ connections: 1 });
  const handle = one.enter(client(0), 0);
  // Its thread dies, so the place is free for others.
  table.abandon(0);
  for (let n = 1; n <= 8; n++) other.enter(client(n), n);
  one.leave(handle);
  assert.equal(entries(table).length, 8);
  assert.equal(other.enter(client(8), 9), NO_HANDLE);
});

Deno.test("what a dead thread had is given back, and its locks with it; other threads' connections count on", () => {
  const { table, lanes: [one, other] } = made({ connections: 3 });
  one.enter(client(1), 0);
  const handle = other.enter(client(1), 0);
  const sets = new ClientSets(table.buffer), set = sets.at(0);
  assert.ok(sets.lock(set, 1));
  // The first word of another client's address has been written.
  Atomics.store(sets.words, set + 48 + 5, -7);
  sets.words[set + 16 + 5] = 1234;
  table.abandon(0);
  assert.deepEqual(entries(table), ["10.0.0.1 x1 -0"]);
  other.leave(handle);
  assert.deepEqual(entries(table), []);
  for (let n = 0; n < 8; n++) assert.notEqual(other.enter(client(n), n), NO_HANDLE);
  assert.equal(table.uncounted, 0);
});

Deno.test("a client is let in, uncounted, while a dead thread still has the lock", () => {
  const { table, lanes: [, other] } = made({ connections: 1 });
  const sets = new ClientSets(table.buffer);
  sets.lock(sets.at(0), 1);
  assert.deepEqual([other.enter(client(1), 0), other.reached, table.uncounted], [NO_HANDLE, REACHED.NONE, 1]);
  assert.deepEqual(entries(table), []);
});

Deno.test("forgiven clients may come at once, and their connections still count", () => {
  const { table, lane } = made({ connections: 2, rate: { count: 1, seconds: 1000, burst: 1 } });
  for (const n of [1, 2]) {
    lane.enter(client(n), 0);
    assert.equal(lane.enter(client(n), 0), NO_HANDLE);
  }
  const known = formatHost(client(1));
  assert.equal(table.forgive((address) => formatHost(address) === known), 1);
  assert.deepEqual(entries(table), ["10.0.0.1 x1 -0", "10.0.0.2 x1 -1"]);
  assert.notEqual(lane.enter(client(1), 0), NO_HANDLE);
  assert.equal(lane.enter(client(1), 0), NO_HANDLE);
  assert.equal(lane.reached, REACHED.CONNECTIONS);
  assert.equal(lane.enter(client(2), 0), NO_HANDLE);
  assert.equal(table.forgive(), 2);
  assert.notEqual(lane.enter(client(2), 0), NO_HANDLE);
});

Deno.test("limits may change while clients are counted", () => {
  const { table, lane } = made({ connections: 1 }), handle = lane.enter(client(1), 0);
  const more = new ClientLane(table.buffer, 0, { connections: 2 });
  const second = more.enter(client(1), 0);
  assert.notEqual(second, NO_HANDLE);
  assert.equal(more.enter(client(1), 0), NO_HANDLE);
  more.leave(handle);
  lane.leave(second);
  assert.deepEqual(entries(table), ["10.0.0.1 x0 -1"]);
});

Deno.test("what a client has used up of its rate is forgotten when it comes while there is no such limit", () => {
  const { table, lane } = made({ rate: { count: 1, seconds: 1, burst: 1 } });
  assert.notEqual(lane.enter(client(1), 0), NO_HANDLE);
  assert.equal(lane.enter(client(1), 1), NO_HANDLE);
  const unlimited = new ClientLane(table.buffer, 0, { connections: 9 });
  unlimited.leave(unlimited.enter(client(1), 2000));
  assert.notEqual(lane.enter(client(1), 2001), NO_HANDLE);
});

Deno.test("a table says what it was made for", () => {
  const table = ClientTable.create(1000, 48, 3), same = ClientTable.attach(table.buffer);
  assert.deepEqual([same.size, same.prefix, ClientTable.create(1001).size], [1000, 48, 1008]);
});

for (
  const [what, ...wrong] of [
    ["0 clients", 0],
    ["1.5 clients", 1.5],
    ["0 bits of a prefix", 8, 0],
    ["129 bits", 8, 129],
    ["17 lanes", 8, 64, 17],
  ] as const
) {
  Deno.test(`there is no table with ${what}`, () => {
    assert.throws(() => ClientTable.create(...wrong as [number]), { name: "RangeError", message: new RegExp(what) });
  });
}
