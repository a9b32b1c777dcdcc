import assert from "node:assert/strict";
import { connectionRecord } from "../../../tests/support/connection_record.ts";
import { Groups } from "../../groups/groups.ts";
import { type ChannelId, channelId } from "../../table/channel_id.ts";
import type { ConnectionRecord } from "../../table/records/connection_record.ts";
import type { End } from "../../table/records/ends.ts";
import { Table } from "../../table/table.ts";
import { Failures } from "./failures.ts";

const NOW = 1e6;

/** A service with two channels. */
function service(name = "web") {
  const groups = new Groups(Table.create());
  for (const [i, host] of ["192.0.2.1", "192.0.2.2"].entries()) {
    groups.add(0, { host, address: { host, port: 80 }, name: `b${i}` });
  }
  return { name, groups };
}

let lastId = 0;

/** What is left of a connection that ended at a time, without a channel unless one is given. */
function record(end: End, at: number, more: Partial<ConnectionRecord> = {}): ConnectionRecord {
  return connectionRecord({ id: ++lastId, service: 0, accepted: at - 5, end, by: "balance", ...more });
}

const failed = (channel: ChannelId): Partial<ConnectionRecord> => ({
  attempts: [{ channel, result: "refused", errno: 111, ms: 1 }],
  attemptCount: 1,
});

/** Keeps up to `bound`. Time stands still unless `clock` is set. */
function failures(bound?: number) {
  const clock = { now: NOW };
  return { all: new Failures(() => clock.now, bound), clock };
}

const ends = (all: Failures) => {
  const counts: Record<string, number> = {};
  for (const { end } of all.list()) counts[end] = (counts[end] ?? 0) + 1;
  return counts;
};

Deno.test("the newest is the last, whichever thread told of it first", () => {
  const { all } = failures(), web = service();
  for (const [end, at] of [["idle", 300], ["refused", 100], ["killed", 200]] as const) all.add(record(end, at), web);
  assert.deepEqual(all.list().map(({ end }) => end), ["refused", "killed", "idle"]);
  assert.deepEqual(all.list({ most: 2 }).map(({ end }) => end), ["killed", "idle"]);
  assert.deepEqual(all.list({ most: 0 }), []);
});

Deno.test("a flood of one kind leaves the others where they are", () => {
  const { all } = failures(100), web = service();
  for (let i = 0; i < 30; i++) all.add(record("refused", i), web);
  for (let i = 0; i < 10; i++) all.add(record("idle", 100 + i), web);
  for (let i = 0; i < 100_000; i++) all.add(record("denied", 200 + i), web);
  assert.deepEqual(ends(all), { refused: 30, idle: 10, denied: 60 });
  assert.equal(all.list().at(-1)!.id, lastId.toString(36), "the newest is there");
  for (let i = 0; i < 100; i++) all.add(record("idle", 1e5 + 300 + i), web);
  const { refused, idle, denied } = ends(all);
  assert.deepEqual([refused, idle + denied], [30, 70]);
  assert.ok(Math.abs(idle - denied) <= 2, `${idle} and ${denied} are no fair shares`);
});

Deno.test("channels and services have shares of their own, the same end or not", () => {
  const { all } = failures(10), web = service(), a = channelId(0, 0), b = channelId(0, 1);
  all.add(record("refused", 1, failed(b)), web);
  all.add(record("refused", 2, { ...failed(a), service: 1 }), service("mail"));
  for (let i = 0; i < 50; i++) all.add(record("refused", 10 + i, failed(a)), web);
  const left = all.list().map(({ service, attempts: [{ channel }] }) => `${service} ${channel}`);
  assert.deepEqual(left, ["web 1", "mail 0", ...Array(8).fill("web 0")]);
});

Deno.test("only the last 1,000 are kept", () => {
  const { all } = failures(), web = service();
  for (let i = 0; i < 1_200; i++) all.add(record("idle", i), web);
  const ids = all.list().map(({ id }) => parseInt(id, 36));
  assert.deepEqual(ids, Array.from({ length: 1_000 }, (_, i) => lastId - 999 + i));
});

Deno.test("names and numbers are those of the time when it ended", () => {
  const { all } = failures(), web = service(), { table } = web.groups, b = channelId(0, 1);
  all.add(record("channel-reset", 1, { channel: b, incarnation: table.incarnation(b) }), web);
  web.groups.replace([], [{ group: 0, channels: [{ host: "192.0.2.9", address: "192.0.2.9", port: 80 }] } as never]);
  const [one] = all.list();
  assert.deepEqual([one.channel, one.name, one.address], [1, "b1", "192.0.2.2:80"]);
});

Deno.test("most of a flood is not described, but what is not part of it is", () => {
  const { all, clock } = failures(), web = service();
  let described = 0;
  const counted = {
    groups: web.groups,
    get name() {
      described++;
      return "web";
    },
  };
  for (let i = 0; i < 10_000; i++) all.add(record("denied", i), counted);
  assert.equal(described, 250);
  all.add(record("idle", 1), counted);
  assert.equal(described, 251);
  clock.now += 250;
  all.add(record("denied", 1), counted);
  assert.equal(described, 252, "another window");
  assert.equal(all.list().length, 1_000);
  assert.equal(all.list().length, 1_000);
  assert.ok(described <= 1_252, "once each");
});

Deno.test("a channel's are those that had it or tried it", () => {
  const { all } = failures(), web = service(), { table } = web.groups, a = channelId(0, 0), b = channelId(0, 1);
  all.add(record("refused", 1, failed(a)), web);
  all.add(record("refused", 2, failed(b)), web);
  all.add(record("idle", 3, { channel: a, incarnation: table.incarnation(a) }), web);
  all.add(record("idle", 4, { channel: a, incarnation: table.incarnation(a) + 1 }), web);
  all.add(record("denied", 5), web);
  all.add(record("refused", 6, failed(a)), service("mail"));
  const first = lastId - 5;
  const of = (channel: ChannelId) =>
    all.list({ channel: { service: web, channel } }).map(({ id }) => parseInt(id, 36) - first);
  assert.deepEqual(of(a), [0, 2]);
  assert.deepEqual(of(b), [1]);
});

Deno.test("one is found by its id as long as it is kept", () => {
  const { all } = failures(2), web = service();
  all.add(record("idle", 1), web);
  const id = lastId;
  assert.equal(all.find(id)?.id, id.toString(36));
  assert.equal(all.find(id + 1), undefined);
  for (const at of [2, 3]) all.add(record("idle", at), web);
  assert.equal(all.find(id), undefined);
});
