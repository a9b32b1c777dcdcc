import assert from "node:assert/strict";
import { parseHost } from "../address.ts";
import { NONE } from "../channel_id.ts";
import { type ClientKey, formatClientKey, parseClientKey } from "./client_key.ts";
import { NO_HANDLE, StickyLane } from "./sticky_lane.ts";
import { StickyTable } from "./sticky.ts";
import { StickySets } from "./sticky_sets.ts";

/** Seconds for which addresses are remembered. */
const TIME = 60;

const client = (n: number) => parseHost(`10.0.${n >> 8}.${n & 255}`).bytes;
const keyOf = (n: number): ClientKey => parseClientKey(`10.0.${n >> 8}.${n & 255}`)!;

/** A table with the lanes of two threads. @param size 8 makes a single set */
function made(size = 8, seed?: number) {
  const table = StickyTable.create(size, 2, seed);
  table.tick(1000);
  const lanes = [0, 1].map((lane) => new StickyLane(table.buffer, lane, TIME));
  return { table, lanes, lane: lanes[0] };
}

function entries(table: StickyTable, seconds = TIME): string[] {
  const found: string[] = [];
  table.forEach(seconds, (entry) => {
    found.push(`${formatClientKey(entry)} ${entry.channel} x${entry.connections} ${entry.idle}`);
  });
  return found.sort();
}

Deno.test("a client comes back to the channel it had last, in every thread", () => {
  const { lanes: [one, other] } = made();
  assert.equal(one.find(client(1)), NONE);
  one.begin(client(1), 7, 3);
  assert.deepEqual([other.find(client(1)), other.incarnation], [7, 3]);
  other.begin(client(1), 4095, 1);
  assert.deepEqual([one.find(client(1)), one.incarnation], [4095, 1]);
  assert.equal(one.find(client(2)), NONE);
});

Deno.test("an address is remembered until the time is over since its last connection ended", () => {
  const { table, lanes: [one, other] } = made();
  const first = one.begin(client(1), 7, 1), second = other.begin(client(1), 7, 1);
  table.tick(2000);
  assert.equal(one.find(client(1)), 7, "it has connections");
  one.end(first);
  table.tick(3000);
  assert.equal(one.find(client(1)), 7, "another thread has one");
  other.end(second);
  table.tick(3000 + TIME - 0.01);
  assert.equal(one.find(client(1)), 7);
  assert.deepEqual(entries(table), ["10.0.0.1 7 x0 59.99"]);
  table.tick(3000 + TIME);
  assert.equal(one.find(client(1)), NONE);
  assert.deepEqual(entries(table), []);
});

Deno.test("connections are counted over all threads", () => {
  const { table, lanes: [one, other] } = made();
  const handles = [one.begin(client(1), 7, 1), one.begin(client(1), 7, 1)];
  other.begin(client(1), 7, 1);
  assert.deepEqual(entries(table), ["10.0.0.1 7 x3 0"]);
  handles.forEach((handle) => one.end(handle));
  assert.deepEqual(entries(table), ["10.0.0.1 7 x1 0"]);
  one.end(NO_HANDLE);
  assert.deepEqual(entries(table), ["10.0.0.1 7 x1 0"]);
});

Deno.test("a full set overwrites the address that has not been used for longest, one with connections last", () => {
  const { table, lane } = made();
  const handles = Array.from({ length: 8 }, (_, n) => {
    table.tick(1000 + n);
    return lane.begin(client(n), n, 1);
  });
  const known = () => Array.from({ length: 12 }, (_, n) => n).filter((n) => lane.find(client(n)) !== NONE);
  table.tick(1020);
  lane.end(handles[5]);
  table.tick(1021);
  lane.end(handles[3]);
  lane.end(lane.begin(client(8), 8, 1));
  assert.deepEqual(known(), [0, 1, 2, 3, 4, 6, 7, 8], "5 was idle for longest");
  table.tick(1022);
  lane.begin(client(9), 9, 1);
  assert.deepEqual(known().length, 8);
  lane.begin(client(10), 10, 1);
  assert.deepEqual(known(), [0, 1, 2, 4, 6, 7, 9, 10], "3 and 8 were idle");
  lane.begin(client(11), 11, 1);
  assert.deepEqual(known(), [1, 2, 4, 6, 7, 9, 10, 11], "all had connections");
});

Deno.test("a connection whose address was overwritten or forgotten ends without touching another's count", () => {
  const { table, lane } = made();
  const old = lane.begin(client(0), 0, 1);
  for (let n = 1; n < 9; n++) table.tick(1000 + n), lane.begin(client(n), n, 1);
  assert.equal(lane.find(client(0)), NONE);
  const before = entries(table);
  lane.end(old);
  assert.deepEqual(entries(table), before);
  const forgotten = lane.begin(client(1), 1, 1);
  assert.equal(table.forget(keyOf(1)), true);
  assert.equal(table.forget(keyOf(1)), false);
  lane.begin(client(1), 1, 1);
  lane.end(forgotten);
  assert.equal(table.get(keyOf(1), TIME)!.connections, 1);
});

Deno.test("a dead thread leaves neither connections nor locks behind", () => {
  const { table, lanes: [dead, alive] } = made(64, 1);
  const sets = new StickySets(table.buffer);
  for (let n = 0; n < 3; n++) dead.begin(client(n), n, 1);
  const kept = alive.begin(client(0), 0, 1);
  const { high, low } = keyOf(20), set = sets.of(high, low);
  // As if it had died in the middle of writing.
  assert.ok(sets.lock(set, 1));
  sets.claim(set, sets.victim(set), high, low);
  assert.equal(alive.find(client(20)), NONE, "nobody waits for long");
  assert.equal(alive.begin(client(20), 5, 1), NO_HANDLE);
  assert.equal(table.get(keyOf(20), TIME), undefined);
  table.tick(1010);
  table.abandon(0);
  alive.begin(client(20), 5, 1);
  assert.equal(alive.find(client(20)), 5);
  // Of the other addresses, those survive that were not in the locked set.
  for (const n of [0, 1, 2]) {
    if (sets.of(keyOf(n).high, keyOf(n).low) === set) continue;
    assert.deepEqual(
      [table.get(keyOf(n), TIME)!.connections, table.get(keyOf(n), TIME)!.idle],
      [n === 0 ? 1 : 0, 0],
    );
  }
  alive.end(kept);
  table.tick(1010 + TIME);
  assert.deepEqual(entries(table), ["10.0.0.20 5 x1 60"]);
});

Deno.test("the time goes on correctly when the clock's word wraps around", () => {
  const { table, lane } = made(), wrap = 2 ** 31 / 100;
  for (const moment of [wrap, 2 * wrap]) {
    table.tick(moment - 1);
    lane.end(lane.begin(client(1), 7, 1));
    table.tick(moment + TIME - 1.01);
    assert.equal(lane.find(client(1)), 7);
    table.tick(moment + TIME - 1);
    assert.equal(lane.find(client(1)), NONE);
  }
});

Deno.test("what is taken over from elsewhere has no connections, keeps its age, and does not replace what is known", () => {
  const { table, lane } = made();
  lane.begin(client(1), 7, 1);
  table.add({ ...keyOf(1), channel: 3, incarnation: 1, idle: 0 });
  table.add({ ...keyOf(2), channel: 3, incarnation: 1, idle: 59 });
  assert.deepEqual(entries(table), ["10.0.0.1 7 x1 0", "10.0.0.2 3 x0 59"]);
  table.tick(1001);
  assert.deepEqual(entries(table), ["10.0.0.1 7 x1 1"]);
  table.clear();
  assert.deepEqual(entries(table), []);
});

Deno.test("a table has room for whole sets, and a bad size is an error", () => {
  assert.equal(StickyTable.create(1).size, 8);
  assert.equal(StickyTable.create(65_536).size, 65_536);
  for (const size of [0, -1, 1.5, NaN, 2 ** 24 + 1]) {
    assert.throws(
      () => StickyTable.create(size),
      /Cannot make sticky table: .* addresses, but there can be 1 to 16777216/,
    );
  }
  assert.throws(() => StickyTable.create(8, 17), /17 lanes/);
});

Deno.test("a table that is half full keeps nearly everything, and addresses spread over all sets", () => {
  const { table, lane } = made(4096, 12345);
  for (let n = 0; n < 2048; n++) lane.end(lane.begin(client(n), n, 1));
  const lost = 2048 - entries(table).length;
  assert.ok(lost < 2048 * 0.02, `${lost} lost`);
});
